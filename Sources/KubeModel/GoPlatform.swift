/// The platform of this build, as Go names them.
package enum GoPlatform {
    /// `runtime.GOOS/runtime.GOARCH`.
    package static let name = "linux/\(architecture)"

    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}
