/// What happens to unknown and duplicate fields of a body: the values of `?fieldValidation=`
/// (apimachinery `pkg/apis/meta/v1/types.go`).
package enum FieldValidation: String, Sendable, CaseIterable {
    case ignore = "Ignore"
    /// One `Warning` header each; the default.
    case warn = "Warn"
    /// 400.
    case strict = "Strict"
}
