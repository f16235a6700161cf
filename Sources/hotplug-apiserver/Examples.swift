import EmbeddedCluster
import Foundation
import KubeModel
import Logging

/// The objects that a newcomer starts with, and what to try on them.
struct Examples {
    /// A directory, or one file.
    let path: String

    /// Creates the objects of the file, or of all YAML files of the directory; those that exist stay as they are.
    func load(into cluster: EmbeddedCluster, _ logger: Logger) async throws {
        for file in try files() {
            for object in try Manifest.readAll(file) { try await create(object, file, cluster, logger) }
        }
    }

    private func files() throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw Wiring.Failure(description: "--examples: there is no directory and no file \(path)")
        }
        // What is no directory is read as a file, which says what is wrong with it.
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return [path] }
        return names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(path)/\($0)" }
    }

    private func create(
        _ object: JSONValue, _ file: String, _ cluster: EmbeddedCluster, _ logger: Logger
    ) async throws {
        let resource = EmbeddedCluster.resources.first {
            $0.kind == object["kind"]?.string && $0.apiVersion == object["apiVersion"]?.string
        }
        guard let resource else {
            throw Wiring.Failure(description: "\(file) holds an object of a kind that is not stored here")
        }
        do throws(Status) {
            let namespace = object.metadataNamespace ?? "default"
            _ = try await cluster.create(resource, namespace: namespace, object: object, options: WriteOptions())
            logger.notice("created", metadata: ["kind": "\(resource.kind)", "name": "\(object.metadataName ?? "")"])
        } catch {
            guard error.reason == "AlreadyExists" else {
                throw Wiring.Failure(description: "\(file): \(error.message)")
            }
        }
    }

    /// Lines to copy, with the paths filled in; some need a cluster that plays KubeVirt.
    static func hints(url: String, kubeconfig: String, pki: String, withKubeVirt: Bool) -> String {
        let kubeconfig = absolute(kubeconfig)
        let pki = absolute(pki)
        let path = "/apis/subresources.kubevirt.io/v1/namespaces/default"
        let body = #"{"networkAttachmentDefinitionName":"new-fancy-net","name":"dyniface1"}"#
        let curl = "curl --cacert \(pki)/ca.crt --cert \(pki)/admin.crt --key \(pki)/admin.key"
        return """

            Try in another terminal:

              export KUBECONFIG=\(kubeconfig)
              kubectl get vmi,vm,kubevirt,net-attach-def
              echo '\(body)' | kubectl replace --raw \(path)/virtualmachineinstances/vmi-fedora/addinterface -f -
              kubectl get vmi vmi-fedora -ojsonpath="{ .spec.networks } { .status.interfaces }{'\\n'}"

              \(curl) -X PUT \(url)\(path)/virtualmachines/vm-fedora/addinterface -d '\(body)' -i
              \(curl) -X PUT '\(url)\(path)/virtualmachineinstances/vmi-fedora/addinterface?dryRun=All' -d '\(
                body.replacingOccurrences(of: "dyniface1", with: "dyniface2"))' -i
            \(withKubeVirt ? start(path) : "")
            With virtctl v1.0.0-rc.0 or older (newer ones lack the command or --persist):

              virtctl addinterface vmi-fedora --network-attachment-definition-name new-fancy-net --name dyniface1


            """
    }

    private static func start(_ path: String) -> String {
        """

          echo '{}' | kubectl replace --raw \(path)/virtualmachines/vm-fedora/start -f -
          kubectl get vm,vmi,pods,events

        """
    }

    private static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
