import Foundation
import KubeModel
import TLS
import Testing

/// Who may do what.
@Suite(.sharedServer) struct AccessTests {
    private func put(_ client: APIConnection, _ fields: KeyValuePairs<String, String> = [:]) throws -> Reply {
        try client.request("PUT", Subresource.path(query: "?dryRun=All"), Subresource.body(), fields: fields)
    }

    @Test func `answers 401 to nobody, on each path that is not public (82)`() throws {
        let server = try SharedServer.current
        let client = try server.connect(as: nil)
        #expect(try put(client).outcome == "401 Unauthorized")
        for path in [Subresource.objectPath(), Subresource.objectPath("virtualmachines", nil), "/metrics", "/nowhere"] {
            let reply = try client.request("GET", path, nil as String?)
            #expect(reply.outcome == "401 Unauthorized")
            #expect(reply.message == "Unauthorized")
        }
        #expect(try client.request("OPTIONS", Subresource.path(), nil as String?).outcome == "401 Unauthorized")
        let shown = try server.curl(
            Subresource.path(), ["-X", "PUT", "-d", "{}", "-w", "%{http_code}"], credentials: [])
        #expect(shown.output.hasSuffix("401"), "\(shown)")
    }

    @Test(arguments: ["Bearer wrong", "Bearer TOKEN2", "bearer x"])
    func `answers 401 to a wrong token, even where anybody may read`(credential: String) throws {
        let client = try SharedServer.current.connect(as: nil)
        #expect(try put(client, ["Authorization": credential]).outcome == "401 Unauthorized")
        #expect(
            try client.request("GET", "/version", nil as String?, fields: ["Authorization": credential]).status == 401)
    }

    @Test func `answers 401 to a certificate of another CA, though it bears the CA's name`() throws {
        let server = try SharedServer.current
        let other = try CertificateAuthority(commonName: "hotplug-apiserver-ca", days: 1)
        let pair = try other.issue(
            commonName: "kubernetes-admin", organizations: ["system:masters"], usage: .client, days: 1)
        let reply = try put(server.connect(as: pair))
        #expect(reply.outcome == "401 Unauthorized")
        #expect(reply.message == "Unauthorized")
        _ = try server.log.wait(for: "the reason") { $0.contains("Unable to authenticate the request") }
    }

    @Test func `answers 401 to our own serving certificate: it is no client's`() throws {
        let server = try SharedServer.current
        let pair = try server.authority.issue(
            commonName: "kubernetes-admin", organizations: ["system:masters"], alternativeNames: ["DNS:localhost"],
            usage: .server, days: 1)
        #expect(try put(server.connect(as: pair)).outcome == "401 Unauthorized")
    }

    @Test func `answers 403 to a known user without rights (84)`() throws {
        let server = try SharedServer.current
        let pair = try server.authority.issue(
            commonName: "alice", organizations: ["dev"], usage: .client, days: 1)
        let reply = try put(server.connect(as: pair))
        #expect(reply.outcome == "403 Forbidden")
        #expect(
            reply.message
                == #"virtualmachineinstances.subresources.kubevirt.io "vmi-fedora" is forbidden: User "alice" cannot "#
                + #"update resource "virtualmachineinstances/addinterface" in API group "subresources.kubevirt.io" in "#
                + #"the namespace "default""#)
        // Discovery is for all.
        #expect(
            try server.connect(as: pair).request("GET", "/apis/subresources.kubevirt.io/v1", nil as String?).status
                == 200)
    }

    @Test func `is shown by kubectl, with another's certificate`() throws {
        let server = try SharedServer.current
        let pair = try server.authority.issue(commonName: "bob", usage: .client, days: 1)
        let files = try TemporaryDirectory()
        let certificate = try files.write(pair.certificate, to: "bob.crt")
        let key = try files.write(pair.key, to: "bob.key")
        let kubectl = try server.kubectl(user: "{client-certificate: \(certificate), client-key: \(key)}")
        let result = try kubectl("get", "vmi", "vmi-fedora")
        #expect(result.status == 1)
        #expect(
            result.errors.contains(
                #"Error from server (Forbidden): virtualmachineinstances.kubevirt.io "vmi-fedora" is forbidden: "#
                    + #"User "bob" cannot get resource "virtualmachineinstances""#), "\(result)")
    }

    @Test(arguments: [
        "/", "/healthz", "/livez", "/readyz", "/version", "/api", "/apis", "/apis/subresources.kubevirt.io",
        "/apis/subresources.kubevirt.io/v1", "/apis/subresources.kubevirt.io/v1alpha3", "/apis/kubevirt.io/v1",
        "/apis/k8s.cni.cncf.io/v1", "/apis/subresources.kubevirt.io/v1/version",
        "/apis/subresources.kubevirt.io/v1alpha3/healthz", "/openapi/v2", "/openapi/v3",
        "/openapi/v3/apis/subresources.kubevirt.io/v1",
    ]) func `lets anybody read health, version and discovery (87)`(path: String) throws {
        let client = try SharedServer.current.connect(as: nil)
        let reply = try client.request("GET", path, nil as String?)
        #expect(reply.status == 200)
        #expect(reply.body.isEmpty == false)
        let head = try client.request("HEAD", path, nil as String?)
        #expect(head.status == 200)
        #expect(head.field("content-length") == "\(reply.body.count)")
    }
}

@Suite struct TokenTests {
    @Test func `knows users by the file of tokens, and kubectl shows what they may not`() throws {
        let files = try TemporaryDirectory()
        let tokens = try files.write("TOKEN,virtctl,1,system:masters\r\nplain,carol,2\r\n", to: "tokens.csv")
        let server = try ServerProcess(["--token-auth-file", tokens])
        let client = try server.connect(as: nil)
        func put(_ token: String) throws -> Reply {
            try client.request(
                "PUT", Subresource.path(query: "?dryRun=All"), Subresource.body(),
                fields: ["Authorization": "Bearer \(token)"])
        }
        #expect(try put("TOKEN").status == 202)
        #expect(try put("plain").outcome == "403 Forbidden")
        #expect(try put("other").outcome == "401 Unauthorized")

        func replace(_ token: String) throws -> Command.Result {
            try server.kubectl(user: "{token: \(token)}")(
                "replace", "--raw", Subresource.path(), "-f", "-", input: Subresource.body())
        }
        let forbidden = try replace("plain")
        #expect(forbidden.status == 1)
        #expect(
            forbidden.errors.contains(
                #"(Forbidden): virtualmachineinstances.subresources.kubevirt.io "vmi-fedora" is forbidden: "#
                    + #"User "carol" cannot update resource "virtualmachineinstances/addinterface""#), "\(forbidden)")
        let unknown = try replace("wrong")
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("Unauthorized"), "\(unknown)")
    }

    @Test func `who acted as somebody else acted as themselves, with all their rights`() throws {
        let files = try TemporaryDirectory()
        let tokens = try files.write("plain,carol,2\n", to: "tokens.csv")
        let server = try ServerProcess(["--token-auth-file", tokens])
        let kubectl = server.kubectl()
        let name = try kubectl("auth", "whoami", "--as=bob", "-ojsonpath={.status.userInfo.username}")
        #expect(name.output == "bob", "\(name)")
        #expect(try kubectl("auth", "can-i", "get", "vmi", "--as=bob").output == "no\n")
        #expect(try kubectl("auth", "can-i", "get", "vmi", "--as=bob", "--as-group=system:masters").output == "yes\n")
        let forbidden = try kubectl("get", "vmi", "--as=bob")
        #expect(forbidden.errors.contains(#"User "bob" cannot list resource "virtualmachineinstances""#))
        let carol = try server.kubectl(user: "{token: plain, as: kubernetes-admin, as-groups: [system:masters]}")
        let refused = try carol("get", "vmi")
        #expect(
            refused.errors.contains(
                #"users "kubernetes-admin" is forbidden: User "carol" cannot impersonate resource "users""#),
            "\(refused)")
        // Public as it is: who may not act as another is told so.
        #expect(try carol("get", "--raw", "/version").status == 1)
    }

    @Test func `names the line of the file that is no token`() throws {
        let files = try TemporaryDirectory()
        let tokens = try files.write("a,b,c\nbroken\n", to: "tokens.csv")
        let result = try Serve.run(["--token-auth-file", tokens])
        #expect(result.status == 1)
        #expect(result.errors.contains("line 2: want token,user,uid"), "\(result)")
    }
}
