import Foundation
import KubeModel
import Testing

/// How the aggregator comes to trust the server.
@Suite struct CertificatesTests {
    private static func serverName(_ objects: Objects) throws -> String {
        let service = try objects.only("Service")
        return "\(try #require(service.name)).\(try #require(service.namespace)).svc"
    }

    private static func secretName(_ objects: Objects) throws -> String {
        let volumes = try #require(objects.pod["volumes"]?.array)
        let names = volumes.compactMap { $0[path: "secret", "secretName"]?.string }
        return try #require(names.first)
    }

    @Test func `cert-manager makes the pair that is mounted, and keeps the caBundle`() throws {
        let objects = try Kustomization.certManager.objects()
        let certificate = try objects.only("Certificate", "hotplug-apiserver")
        #expect(try certificate[path: "spec", "secretName"]?.string == Self.secretName(objects))
        #expect(try certificate[path: "spec", "dnsNames"] == [.string(Self.serverName(objects))])
        let issuer = try objects.only("Issuer", try #require(certificate[path: "spec", "issuerRef", "name"]?.string))
        let authority = try objects.only("Certificate", "hotplug-apiserver-ca")
        #expect(issuer[path: "spec", "ca", "secretName"] == authority[path: "spec", "secretName"])
        #expect(authority[path: "spec", "isCA"] == true)
        #expect(objects["APIService"].count == 2)
        for registration in objects["APIService"] {
            #expect(
                registration[path: "metadata", "annotations", "cert-manager.io/inject-ca-from"]?.string
                    == "\(certificate.namespace ?? "")/\(certificate.name ?? "")")
        }
    }

    /// As Manifests/README.md says, in a copy.
    @Test(arguments: Kustomization.kubectls)
    func `the CA of make-certs becomes the caBundle, and its certificate has the name`(kubectl: String) throws {
        let directory = NSTemporaryDirectory() + "hotplug-manifests-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let manifests = directory + "/Manifests"
        try FileManager.default.copyItem(atPath: Project.manifests, toPath: manifests)
        let name = try Self.serverName(Kustomization.caBundle.objects())
        let pki = directory + "/pki"
        _ = try Command.output(["\(Project.root)/Certs/make-certs.sh", "ca", pki])
        _ = try Command.output(["\(Project.root)/Certs/make-certs.sh", "server", pki, name])
        _ = try Command.output([
            "bash", "-c", #"echo "caBundle=$(base64 -w0 "$1")" > "$2""#, "bash", "\(pki)/ca.crt",
            "\(manifests)/overlays/ca-bundle/ca-bundle.env",
        ])

        let objects = try Kustomization.caBundle.objects(kubectl: kubectl, manifests: manifests)
        let authority = try Data(contentsOf: URL(fileURLWithPath: "\(pki)/ca.crt"))
        #expect(objects["APIService"].count == 2)
        for registration in objects["APIService"] {
            let bundle = try #require(registration[path: "spec", "caBundle"]?.string)
            #expect(Data(base64Encoded: bundle) == authority)
        }
        #expect(objects["ConfigMap"].isEmpty)
        let check = try Command.output([
            "openssl", "verify", "-CAfile", "\(pki)/ca.crt", "-purpose", "sslserver", "-verify_hostname", name,
            "\(pki)/server.crt",
        ])
        #expect(check.hasSuffix("OK\n"), "\(check)")
    }

    @Test func `nobody is trusted until the bundle is filled in`() throws {
        for kustomization in [Kustomization.base, .caBundle] {
            for registration in try kustomization.objects()["APIService"] {
                let bundle = registration[path: "spec", "caBundle"]
                #expect(bundle == nil || bundle?.isNull == true || bundle?.string == "", "\(kustomization.path)")
            }
        }
    }

    @Test func `beside KubeVirt the APIServices are virt-operator's, which it has send v1alpha3 to us`() throws {
        let objects = try Kustomization.besideKubeVirt.objects()
        #expect(objects["APIService"].isEmpty)
        let file = "\(Project.manifests)/overlays/beside-kubevirt/customize-components.yaml"
        let custom = try JSONValue(yaml: Array(String(contentsOfFile: file, encoding: .utf8).utf8))
        let patches = try #require(custom[path: "spec", "customizeComponents", "patches"]?.array)
        #expect(patches.count == 1)
        let registration = try Kustomization.base.objects().only(
            "APIService", try #require(patches[0]["resourceName"]?.string))
        #expect(registration.name == "v1alpha3.subresources.kubevirt.io")
        #expect(patches[0]["resourceType"] == registration["kind"])
        let patch = try JSONValue(parsing: Array(try #require(patches[0]["patch"]?.string).utf8))
        #expect(patch[path: "spec", "service"] == registration[path: "spec", "service"])
    }
}
