// FuzzTargets: what each reader of peers' octets promises for any input, for the mutator and for libFuzzer; for tests.

package import Fuzzing

extension FuzzTarget {
    package static let all = [
        http1, chunks, http2, json, frames, patch, yaml, url, selector, protobuf, kubeconfig, warning,
    ]
}
