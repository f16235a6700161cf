import ArgumentParser
import DelegatedAuth
import HTTPWire

/// Flags of whom to believe in front of a real cluster, named as those of k8s.io/apiserver's
/// DelegatingAuthenticationOptions.
struct AuthenticationFlags: ParsableArguments {
    @Option(
        help: """
            The CA of the front proxy, PEM. With it the flags below say whom to believe, in place of the ConfigMap \
            kube-system/extension-apiserver-authentication. Read again when its directory changes.
            """)
    var requestheaderClientCaFile: String?

    @Option(
        help: """
            Common names that the front proxy's certificate may have, separated by commas. Default: any that the CA \
            has signed.
            """)
    var requestheaderAllowedNames: [String] = []

    @Option(help: "Fields that tell the user, the first that is there. Default: x-remote-user.")
    var requestheaderUsernameHeaders: [String] = []

    @Option(help: "Fields that tell the user's UID. Default: none.")
    var requestheaderUidHeaders: [String] = []

    @Option(help: "Fields that tell the user's groups, one a line. Default: x-remote-group.")
    var requestheaderGroupHeaders: [String] = []

    @Option(help: "What fields that tell more of the user begin with. Default: x-remote-extra-.")
    var requestheaderExtraHeadersPrefix: [String] = []

    @Option(
        defaultAsFlag: true,
        help: "Never ask for the ConfigMap: the flags say all there is. (values: true, false; default: false)")
    var authenticationSkipLookup: Bool?

    @Option(
        defaultAsFlag: true,
        help: """
            Serve though the ConfigMap cannot be read, and try further; until then those that it vouches for are \
            taken for anybody. (values: true, false; default: false)
            """)
    var authenticationTolerateLookupFailure: Bool?

    private var lists: [(flag: String, values: [String])] {
        [
            ("--requestheader-allowed-names", requestheaderAllowedNames),
            ("--requestheader-username-headers", requestheaderUsernameHeaders),
            ("--requestheader-uid-headers", requestheaderUidHeaders),
            ("--requestheader-group-headers", requestheaderGroupHeaders),
            ("--requestheader-extra-headers-prefix", requestheaderExtraHeadersPrefix),
        ]
    }

    /// Those of these flags that are there.
    var given: [String] {
        (requestheaderClientCaFile == nil ? [] : ["--requestheader-client-ca-file"])
            + lists.filter { !$0.values.isEmpty }.map(\.flag)
            + (authenticationSkipLookup == nil ? [] : ["--authentication-skip-lookup"])
            + (authenticationTolerateLookupFailure == nil ? [] : ["--authentication-tolerate-lookup-failure"])
    }

    /// What is wrong with the values, all of it.
    func problems() -> [String] {
        var problems: [String] = []
        if requestheaderClientCaFile == nil {
            for (flag, _) in lists.filter({ !$0.values.isEmpty }) {
                problems.append(
                    "\(flag) needs --requestheader-client-ca-file: without it the cluster's ConfigMap says all of that")
            }
        }
        if Self.items(requestheaderAllowedNames).contains("") {
            problems.append("--requestheader-allowed-names has an empty name: leave the flag out to allow any")
        }
        for (flag, values) in lists.dropFirst() {
            for name in Self.items(values) where name.isEmpty || !name.utf8.allSatisfy(ASCII.isToken) {
                problems.append("\(flag): \"\(name)\" is no name of a field, such as x-remote-user")
            }
        }
        if authenticationSkipLookup == true, authenticationTolerateLookupFailure == true {
            problems.append(
                "--authentication-skip-lookup leaves out the lookup that --authentication-tolerate-lookup-failure is "
                    + "about: give one of them")
        }
        return problems
    }

    /// Repeated flags and commas are the same (pflag's StringSlice).
    private static func items(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    }

    func options(clientCAFile: String?) -> AuthenticationOptions {
        var options = AuthenticationOptions()
        options.clientCAFile = clientCAFile
        options.skipsLookup = authenticationSkipLookup ?? false
        options.toleratesLookupFailure = authenticationTolerateLookupFailure ?? false
        guard let requestheaderClientCaFile else { return options }
        var requestHeader = AuthenticationOptions.RequestHeader(clientCAFile: requestheaderClientCaFile)
        requestHeader.allowedNames = Self.items(requestheaderAllowedNames)
        func set(_ path: WritableKeyPath<AuthenticationOptions.RequestHeader, [String]>, _ values: [String]) {
            if !values.isEmpty { requestHeader[keyPath: path] = Self.items(values) }
        }
        set(\.usernameHeaders, requestheaderUsernameHeaders)
        set(\.uidHeaders, requestheaderUidHeaders)
        set(\.groupHeaders, requestheaderGroupHeaders)
        set(\.extraHeadersPrefix, requestheaderExtraHeadersPrefix)
        options.requestHeader = requestHeader
        return options
    }
}
