import Testing

@testable import APIServer

@Suite struct MediaTypesTests {
    private static let v2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    private static let v2beta1 = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

    @Test(arguments: [
        ([], true), (["*/*"], true), (["application/*"], true), (["application/json"], true),
        (["application/json, */*"], true), (["APPLICATION/JSON"], true), (["application/json;charset=utf-8"], true),
        (["text/html", "application/json"], true), (["text/html;q=0.9, */*;q=0.1"], true),
        (["application/vnd.kubernetes.protobuf,application/json"], true),
        (["application/json;as=Table;v=v1;g=meta.k8s.io,application/json"], true),
        (["text/html"], false), (["application/vnd.kubernetes.protobuf"], false), (["application/json;q=0"], false),
        (["application/xml, text/*"], false),
    ]) func `knows whether some JSON will do`(accept: [String], expected: Bool) throws {
        let form = try ObjectForm.negotiated(MediaTypes(accept), QueryParameters(nil))
        #expect((form != nil) == expected)
    }

    @Test(arguments: [
        ([v2], "v2"), ([v2beta1], "v2beta1"), ([v2 + "," + v2beta1 + ",application/json"], "v2"),
        ([v2beta1, v2], "v2beta1"),
        // Parameters in any order, with spaces.
        (["application/json; as=APIGroupDiscoveryList; v=v2; g=apidiscovery.k8s.io"], "v2"),
        (["application/json;v=v2beta1;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io,application/json"], "v2beta1"),
        // What is not known is passed over.
        (["application/vnd.kubernetes.protobuf," + v2], "v2"),
        (["application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList," + v2], "v2"),
        (["application/json;g=other;v=v2;as=APIGroupDiscoveryList," + v2beta1], "v2beta1"),
        // The weight decides, then the order.
        ([v2beta1 + ";q=0.5", v2 + ";q=0.9"], "v2"), (["application/json;q=0.8," + v2], "v2"),
        ([v2 + ";q=0," + v2beta1], "v2beta1"),
    ]) func `serves the aggregated discovery that is wanted most`(accept: [String], version: String) {
        #expect(MediaTypes(accept).aggregatedDiscovery == version)
    }

    @Test(arguments: [
        [], ["application/json"], ["*/*"], ["application/json," + v2], ["*/*," + v2], ["application/*," + v2],
        [v2 + ";q=0.5,application/json"], ["text/html"], ["application/json;g=apidiscovery.k8s.io;v=v2"],
        ["application/json;as=APIGroupDiscoveryList"], [v2 + ";q=0"],
    ]) func `serves the legacy discovery to others`(accept: [String]) {
        #expect(MediaTypes(accept).aggregatedDiscovery == nil)
    }

    @Test func `reads clauses by their weight`() {
        let types = MediaTypes(["a/a;q=0.2, b/b", "c/c;q=0.9,d/d;q=1, e/e;q=x, f/f;q=0, , ;q=1"]).clauses.map(\.type)
        #expect(types == ["b/b", "d/d", "e/e", "c/c", "a/a"])
    }
}
