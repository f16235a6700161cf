import HTTPWire
import Testing

@testable import APIServer

@Suite struct RequestInfoTests {
    struct Row: Sendable {
        var method = HTTPMethod.get
        let path: String
        var query: String?
        /// `verb group/version namespace resource/subresource name +extra`, `-` for what is not there.
        let attributes: String
    }

    private func attributes(_ row: Row) -> String? {
        guard let info = RequestInfo(method: row.method, path: row.path, query: QueryParameters(row.query)) else {
            return nil
        }
        guard info.isResourceRequest else { return "\(info.verb) \(info.path)" }
        func shown(_ text: String) -> String { text.isEmpty ? "-" : text }
        let resource = info.subresource.isEmpty ? info.resource : "\(info.resource)/\(info.subresource)"
        let extra = info.extraSegments > 0 ? " +\(info.extraSegments)" : ""
        return "\(shown(info.verb)) \(info.group)/\(info.version) \(shown(info.namespace)) \(shown(resource)) "
            + "\(shown(info.name))\(extra)"
    }

    @Test(arguments: [
        Row(
            method: .put, path: "/apis/subresources.kubevirt.io/v1/namespaces/ns1/virtualmachines/vm1/addinterface",
            attributes: "update subresources.kubevirt.io/v1 ns1 virtualmachines/addinterface vm1"),
        Row(
            method: .put, path: "/apis/subresources.kubevirt.io/v1/namespaces/ns1/virtualmachines/my.vm/addinterface/",
            attributes: "update subresources.kubevirt.io/v1 ns1 virtualmachines/addinterface my.vm"),
        Row(
            method: .put, path: "/apis/subresources.kubevirt.io/v1/namespaces/n/virtualmachines/x/addinterface/a/b",
            attributes: "update subresources.kubevirt.io/v1 n virtualmachines/addinterface x +2"),
        Row(path: "/apis/g/v/namespaces/n/things/x", attributes: "get g/v n things x"),
        Row(method: .head, path: "/apis/g/v/namespaces/n/things/x", attributes: "get g/v n things x"),
        Row(path: "/apis/g/v/namespaces/n/things", attributes: "list g/v n things -"),
        Row(path: "/apis/g/v/things", attributes: "list g/v - things -"),
        Row(path: "/apis/g/v/things/x", attributes: "get g/v - things x"),
        Row(path: "/apis/g/v/things/x/status", attributes: "get g/v - things/status x"),
        Row(method: .post, path: "/apis/g/v/namespaces/n/things", attributes: "create g/v n things -"),
        Row(method: .patch, path: "/apis/g/v/namespaces/n/things/x", attributes: "patch g/v n things x"),
        Row(method: .delete, path: "/apis/g/v/namespaces/n/things/x", attributes: "delete g/v n things x"),
        Row(method: .delete, path: "/apis/g/v/namespaces/n/things", attributes: "deletecollection g/v n things -"),
        Row(method: .options, path: "/apis/g/v/namespaces/n/things", attributes: "- g/v n things -"),
        Row(path: "/apis/g/v/namespaces", attributes: "list g/v - namespaces -"),
        Row(path: "/apis/g/v/namespaces/n", attributes: "get g/v n namespaces n"),
        Row(path: "/api/v1/namespaces", attributes: "list /v1 - namespaces -"),
        Row(method: .post, path: "/api/v1/namespaces", attributes: "create /v1 - namespaces -"),
        Row(method: .delete, path: "/api/v1/namespaces/n", attributes: "delete /v1 n namespaces n"),
        Row(method: .put, path: "/api/v1/namespaces/n/status", attributes: "update /v1 n namespaces/status n"),
        Row(method: .put, path: "/api/v1/namespaces/n/finalize", attributes: "update /v1 n namespaces/finalize n"),
        Row(path: "/api/v1/namespaces/n/pods", attributes: "list /v1 n pods -"),
        Row(path: "/api/v1/namespaces/n/pods/x", attributes: "get /v1 n pods x"),
        Row(path: "/api/v1/events", attributes: "list /v1 - events -"),
        // The version of a group is read as a list of it.
        Row(path: "/apis/g/v/version", attributes: "list g/v - version -"),
    ]) func `reads a resource request from its URL`(row: Row) {
        #expect(attributes(row) == row.attributes)
    }

    @Test(arguments: [
        Row(path: "//apis///g/v/namespaces//n/things/x//", attributes: "get g/v n things x"),
        Row(path: "/apis/g/v/namespaces/n/things/a%2Db", attributes: "get g/v n things a-b"),
        Row(path: "/apis/g/v/namespaces/n/things/%61%C3%A9", attributes: "get g/v n things aé"),
        // Decoded once, and only once.
        Row(path: "/apis/g/v/namespaces/n/things/%252F", attributes: "get g/v n things %2F"),
        Row(path: "/apis/g/v/namespaces/n/things/a+b", attributes: "get g/v n things a+b"),
    ]) func `takes empty segments away and decodes the others once`(row: Row) {
        #expect(attributes(row) == row.attributes)
    }

    @Test(arguments: [
        "/apis/g/v/namespaces/n/things/a%2Fb", "/apis/g/v/namespaces/n%2fx/things", "/healthz%2F", "/%", "/%4", "/%zz",
        "/apis/g/v/things/%FF", "/apis/g/v/things/%C3",
    ]) func `refuses a segment that cannot be a name`(path: String) {
        #expect(RequestInfo(method: .get, path: path, query: QueryParameters(nil)) == nil)
    }

    @Test(arguments: [
        Row(path: "/", attributes: "get /"),
        Row(path: "/healthz", attributes: "get /healthz"),
        Row(method: .head, path: "/readyz/ping/", attributes: "head /readyz/ping"),
        Row(method: .post, path: "/version", attributes: "post /version"),
        Row(path: "/apis", attributes: "get /apis"),
        Row(path: "/apis/g", attributes: "get /apis/g"),
        Row(path: "/apis/g/v", attributes: "get /apis/g/v"),
        Row(path: "/apis/g/v/", attributes: "get /apis/g/v"),
        Row(path: "/api/v1", attributes: "get /api/v1"),
        Row(path: "/Apis/g/v/things", attributes: "get /Apis/g/v/things"),
    ]) func `takes any other path as it is`(row: Row) {
        #expect(attributes(row) == row.attributes)
    }

    @Test(arguments: [
        ("watch=true", "watch"), ("watch=1", "watch"), ("watch", "watch"), ("watch=", "watch"), ("watch=x", "watch"),
        ("watch=false", "list"), ("watch=0", "list"), ("watch=False", "list"), ("limit=500", "list"),
        ("watch=0&watch=1", "list"),
    ]) func `tells a watch from a list`(query: String, verb: String) {
        let row = Row(path: "/apis/g/v/namespaces/n/things", query: query, attributes: "\(verb) g/v n things -")
        #expect(attributes(row) == row.attributes)
    }
}

@Suite struct QueryParametersTests {
    @Test func `decodes names and values, and keeps repetitions in order`() {
        let query = QueryParameters("dryRun=All&a=x+y%2B&dryRun=None&%64=%C3%A9&flag&empty=&b=1=2&&")
        #expect(query.first("dryRun") == "All")
        #expect(query.all("dryRun") == ["All", "None"])
        #expect(query.first("a") == "x y+")
        #expect(query.first("d") == "é")
        #expect(query.first("flag") == "")
        #expect(query.first("empty") == "")
        #expect(query.first("b") == "1=2")
        #expect(query.first("dryrun") == nil)
        #expect(query.all("nothing") == [])
    }

    @Test func `leaves out what is not percent-encoded UTF-8, and keeps the rest`() {
        #expect(QueryParameters("a=%zz&b=%FF&c=%2&%=1&d=2") == QueryParameters("d=2"))
        #expect(QueryParameters(nil) == QueryParameters(""))
    }

    @Test(arguments: [
        ("pretty=1", true), ("pretty=true", true), ("pretty=T", true), ("pretty=TRUE", true), ("pretty=0", false),
        ("pretty=false", false), ("pretty=yes", false), ("pretty", false), ("", false),
    ]) func `reads a flag as Go does`(query: String, expected: Bool) {
        #expect(QueryParameters(query).flag("pretty") == expected)
    }
}
