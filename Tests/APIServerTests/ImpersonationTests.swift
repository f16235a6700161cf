import HTTPWire
import KubeModel
import Testing

@testable import APIServer

@Suite struct ImpersonationTests {
    private static func fields(_ fields: [(String, String)]) -> HTTPFields {
        var result = HTTPFields()
        for (name, value) in fields { result.append(name, value) }
        return result
    }

    /// What must be allowed: resource, subresource, group, namespace and name.
    private static func requirements(_ impersonation: Impersonation) -> [String] {
        impersonation.requirements.map { info in
            [info.verb, info.resource, info.subresource, info.group, info.namespace, info.name]
                .joined(separator: "|")
        }
    }

    struct Row: Sendable {
        let fields: [(String, String)]
        let user: UserInfo
        let requirements: [String]
    }

    @Test(arguments: [
        Row(
            fields: [("Impersonate-User", "bob")],
            user: UserInfo(name: "bob", groups: ["system:authenticated"]), requirements: ["impersonate|users||||bob"]),
        Row(
            fields: [
                ("impersonate-user", "bob"), ("IMPERSONATE-GROUP", "a"), ("Impersonate-Group", "b"),
                ("Impersonate-Uid", "1"), ("Impersonate-Extra-Scopes", "x"), ("Impersonate-Extra-scopes", "y"),
                ("Impersonate-Extra-Acme.com%2Fproject", "p"),
            ],
            user: UserInfo(
                name: "bob", uid: "1", groups: ["a", "b", "system:authenticated"],
                extra: [
                    UserInfo.Extra(key: "acme.com/project", values: ["p"]),
                    UserInfo.Extra(key: "scopes", values: ["x", "y"]),
                ]),
            requirements: [
                "impersonate|users||||bob", "impersonate|groups||||a", "impersonate|groups||||b",
                "impersonate|uids||authentication.k8s.io||1",
                "impersonate|userextras|scopes|authentication.k8s.io||x",
                "impersonate|userextras|scopes|authentication.k8s.io||y",
                "impersonate|userextras|acme.com/project|authentication.k8s.io||p",
            ]),
        Row(
            fields: [("Impersonate-User", "system:serviceaccount:n:a")],
            user: UserInfo(
                name: "system:serviceaccount:n:a",
                groups: ["system:serviceaccounts", "system:serviceaccounts:n", "system:authenticated"]),
            requirements: ["impersonate|serviceaccounts|||n|a"]),
        Row(
            fields: [("Impersonate-User", "system:serviceaccount:n:a"), ("Impersonate-Group", "g")],
            user: UserInfo(name: "system:serviceaccount:n:a", groups: ["g", "system:authenticated"]),
            requirements: ["impersonate|serviceaccounts|||n|a", "impersonate|groups||||g"]),
        Row(
            fields: [("Impersonate-User", "system:serviceaccount:N:a")],
            user: UserInfo(name: "system:serviceaccount:N:a", groups: ["system:authenticated"]),
            requirements: ["impersonate|users||||system:serviceaccount:N:a"]),
        Row(
            fields: [("Impersonate-User", "system:anonymous")],
            user: UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"]),
            requirements: ["impersonate|users||||system:anonymous"]),
    ])
    func `asks for each part of the user by itself`(_ row: Row) throws {
        let impersonation = try #require(try Impersonation(Self.fields(row.fields)))
        #expect(impersonation.user == row.user)
        #expect(Self.requirements(impersonation).sorted() == row.requirements.sorted())
    }

    @Test(arguments: [[("X-Impersonate-User", "bob")], [("Impersonate", "bob")], [("Impersonate-User", "")], []])
    func `other fields ask for nobody`(_ fields: [(String, String)]) throws {
        #expect(try Impersonation(Self.fields(fields))?.user == nil)
    }

    @Test(arguments: [
        [("Impersonate-Group", "system:masters")], [("Impersonate-Uid", "1")], [("Impersonate-Extra-a", "1")],
        [("Impersonate-User", "bob"), ("Impersonate-User", "alice")],
        [("Impersonate-User", "bob"), ("Impersonate-Uid", "1"), ("Impersonate-Uid", "2")],
        [("Impersonate-User", "b\u{FFFD}b")],
    ])
    func `what names no one user is refused`(_ fields: [(String, String)]) {
        let error = #expect(throws: Status.self) { try Impersonation(Self.fields(fields)) }
        #expect(error?.code == 400)
    }
}
