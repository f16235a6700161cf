import KubeModel
import Testing

@Suite struct LabelSelectorTests {
    private let labels: JSONValue = ["app": "web", "tier": "front", "empty": "", "size": "5", "example.com/a": "b"]

    @Test(arguments: [
        (nil, true), ("", true), ("  ", true), ("app", true), ("!app", false), ("missing", false), ("!missing", true),
        ("! missing", true), ("app=web", true), ("app==web", true), ("app = web", true), ("app=x", false),
        ("app!=web", false), ("app!=x", true), ("missing!=x", true), ("empty=", true), ("empty==,app", true),
        ("app=", false), ("app in (web)", true), ("app in (x, web ,y)", true), ("app in (x,y)", false),
        ("app in(web)", true), ("empty in (,x)", true), ("missing in (x)", false), ("app notin (x,y)", true),
        ("app notin (web)", false), ("missing notin (x)", true), ("size>4", true), ("size>5", false),
        ("size<6", true), ("size < 5", false), ("app>1", false), ("app=web,tier=front", true),
        ("app=web,tier=back", false), ("app,!missing,size in (5,6),tier notin (back)", true),
        ("example.com/a=b", true), ("in", false), ("notin,app", false), ("in in (in)", false),
    ])
    func `selects`(_ text: String?, _ expected: Bool) throws {
        #expect(try LabelSelector(text).matches(labels) == expected)
    }

    @Test func `without labels only what asks for none is selected`() throws {
        #expect(try LabelSelector("!a,b!=c,d notin (e)").matches(nil))
        #expect(try !LabelSelector("a").matches(nil))
    }

    @Test(arguments: [
        ("a b", "found 'b', expected: in, notin, =, ==, !=, gt, lt"), ("=a", "found '=', expected: identifier"),
        ("a,", "found '', expected: identifier"), ("a in b", "found 'b', expected: '('"),
        ("a in (b", "found '', expected: ',' or ')'"), ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a>b", "\"b\" is no integer"), ("a>", "found '', expected: identifier"), ("-a", "\"-a\" is no label key"),
        ("a=-b", "\"-b\" is no label value"), ("A.com/x", "\"A.com/x\" is no label key"),
        ("a/b/c", "\"a/b/c\" is no label key"), ("!", "found '', expected: identifier"),
        ("é", "\"é\" is no label key"),
    ])
    func `refuses`(_ text: String, _ why: String) {
        #expect(
            throws: Status.badRequest("unable to parse requirement: labelSelector \"\(text)\": \(why)")
        ) { try LabelSelector(text) }
    }

    @Test(arguments: [(63, true), (64, false)])
    func `a value has at most 63 characters`(_ count: Int, _ isTaken: Bool) {
        let selector = try? LabelSelector("a=" + String(repeating: "x", count: count))
        #expect((selector != nil) == isTaken)
    }

    @Test(arguments: [(128, true), (129, false)])
    func `has at most 128 requirements`(_ count: Int, _ isTaken: Bool) {
        let text = Array(repeating: "a", count: count).joined(separator: ",")
        #expect((try? LabelSelector(text).requirements.count) == (isTaken ? count : nil))
    }
}
