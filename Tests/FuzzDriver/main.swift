// fuzz: the one program that libFuzzer drives (https://llvm.org/docs/LibFuzzer.html); see `make fuzz`.

import Foundation
import FuzzTargets
import Fuzzing

/// The target that `HOTPLUG_FUZZ_TARGET` names.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["HOTPLUG_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        print("HOTPLUG_FUZZ_TARGET is one of:", FuzzTarget.all.map(\.name).joined(separator: " "))
        exit(2)
    }
    return target
}()

/// Checks one input; ends the process at a broken promise, which has libFuzzer keep the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        _ = try target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    } catch {
        print("\(target.name): \(error)")
        fflush(nil)
        abort()
    }
    return 0
}

private typealias ArgumentVector = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's `main` would call this, but the package manager has the linker take this file's for `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<ArgumentVector>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private var count = CommandLine.argc
private var arguments: ArgumentVector = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, testOneInput))
