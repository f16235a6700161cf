import KubeModel
import Testing

@testable import APIServer

@Suite struct OptionsDecodingTests {
    private static let delete = OptionsDecoding(verb: "delete")

    private func options(_ body: String, _ query: String? = nil, type: String? = nil) throws -> DeleteOptions {
        try Self.delete.deleteOptions(Fixture.request(body, type: type, query: query))
    }

    @Test(arguments: [([], false), (["All"], true), (["All", "All"], true)])
    func `knows a dry run`(values: [String], expected: Bool) throws {
        #expect(try Self.delete.dryRun(values) == expected)
    }

    @Test(arguments: [
        ("create", "CreateOptions"), ("update", "UpdateOptions"), ("patch", "PatchOptions"),
        ("delete", "DeleteOptions"),
        ("deletecollection", "DeleteOptions"),
    ]) func `refuses another dry run by the name of the options`(verb: String, kind: String) {
        for values in [[""], ["None"], ["all"], ["All", "x"]] {
            let error = #expect(throws: Status.self) { try OptionsDecoding(verb: verb).dryRun(values) }
            #expect(error?.code == 422)
            #expect(
                error?.message.hasPrefix("\(kind).meta.k8s.io \"\" is invalid: dryRun: Unsupported value: ") == true)
            #expect(error?.details?.causes.map(\.field) == ["dryRun"])
        }
    }

    @Test func `takes a field manager of 128 characters, and none longer`() throws {
        let decoding = OptionsDecoding(verb: "patch")
        let most = String(repeating: "m", count: APIRequest.fieldManagerCharactersMax)
        #expect(try decoding.fieldManager(of: Fixture.request(query: "fieldManager=\(most)")) == most)
        let error = #expect(throws: Status.self) {
            try decoding.fieldManager(of: Fixture.request(query: "fieldManager=\(most)m"))
        }
        #expect(error?.details?.causes.map(\.reason) == ["FieldValueTooLong"])
    }

    @Test func `refuses a way of validating fields that there is not`() throws {
        let decoding = OptionsDecoding(verb: "create")
        #expect(try decoding.fieldValidation(QueryParameters("fieldValidation=Strict")) == .strict)
        #expect(try decoding.fieldValidation(QueryParameters(nil)) == .warn)
        let error = #expect(throws: Status.self) {
            try decoding.fieldValidation(QueryParameters("fieldValidation=foo"))
        }
        #expect(error?.code == 422)
    }

    @Test func `reads the options of a deletion from the body and the query`() throws {
        #expect(try !options("").dryRun)
        #expect(try options("", "dryRun=All").dryRun)
        #expect(try options(#"{"dryRun":["All"],"gracePeriodSeconds":0}"#).dryRun)
        #expect(try options("dryRun: [All]\npropagationPolicy: Background\n", type: "application/yaml").dryRun)
        let preconditions = try options(
            #"{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{"uid":"u","resourceVersion":"7"}}"#)
        #expect(preconditions.uid == "u")
        #expect(preconditions.resourceVersion == "7")
        for (body, query, orphans) in [
            (#"{"propagationPolicy":"Orphan"}"#, nil, true), (#"{"orphanDependents":true}"#, nil, true),
            ("", "propagationPolicy=Orphan", true), ("", "orphanDependents=true", true),
            (#"{"propagationPolicy":"Foreground"}"#, nil, false), (#"{"orphanDependents":false}"#, nil, false),
        ] as [(String, String?, Bool)] {
            #expect(try options(body, query).orphansDependents == orphans, "\(body)")
        }
    }

    @Test(arguments: ["abc", "", "1.5", "9223372036854775808"])
    func `a grace period in the query that is no number was overlooked, and the object went`(seconds: String) throws {
        let error = #expect(throws: Status.self) { try options("", "gracePeriodSeconds=\(seconds)") }
        #expect(error?.code == 400)
        #expect(error?.message == "gracePeriodSeconds of the query must be an integer")
        // kube-apiserver does not look at the query where there is a body.
        _ = try options("{}", "gracePeriodSeconds=\(seconds)")
        _ = try options("", "gracePeriodSeconds=-1")
    }

    @Test(arguments: [
        (#"{"dryRun":"All"}"#, 400, "dryRun must be a list of strings"),
        (#"{"dryRun":[5]}"#, 400, "dryRun must be a list of strings"), (#"{"dryRun":["x"]}"#, 422, "dryRun"),
        (#"{"preconditions":"x"}"#, 400, "preconditions must be an object"),
        (#"{"preconditions":{"uid":5}}"#, 400, "preconditions.uid must be a string"),
        (#"{"preconditions":{"resourceVersion":1}}"#, 400, "preconditions.resourceVersion must be a string"),
        (#"{"propagationPolicy":"Foo"}"#, 422, #"supported values: "Foreground", "Background", "Orphan""#),
        (#"{"propagationPolicy":5}"#, 400, "propagationPolicy must be a string"),
        (#"{"orphanDependents":true,"propagationPolicy":"Orphan"}"#, 422, "cannot be both set"),
        (#"{"orphanDependents":"yes"}"#, 400, "orphanDependents must be a boolean"),
        (#"{"gracePeriodSeconds":"abc"}"#, 400, "gracePeriodSeconds must be an integer"),
        (#"{"kind":"Foo","apiVersion":"v1","dryRun":["All"]}"#, 400, "its kind is Foo"), ("[]", 400, "no object"),
        (#""x""#, 400, "no object"), ("{", 400, "not JSON"),
    ]) func `options that were malformed were taken for none, and the object went without its guard`(
        _ body: String, _ code: Int, _ message: String
    ) {
        let error = #expect(throws: Status.self) { try options(body) }
        #expect(error?.code == code)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
}
