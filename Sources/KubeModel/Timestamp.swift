/// `metav1.Time` as text.
package enum Timestamp {
    /// The last second of the year 9999, after which RFC 3339 has no text.
    private static let secondsMax: Int64 = 253_402_300_799

    /// RFC 3339 in UTC with whole seconds, of seconds since 1970; what lies outside 1970 to 9999 becomes its bound.
    package static func rfc3339(_ secondsSince1970: Int64) -> String {
        let seconds = Int(min(max(0, secondsSince1970), secondsMax))
        let (year, month, day) = date(daysSince1970: seconds / 86_400)
        let time = seconds % 86_400
        return "\(padded(year, to: 4))-\(padded(month, to: 2))-\(padded(day, to: 2))T"
            + "\(padded(time / 3600, to: 2)):\(padded(time / 60 % 60, to: 2)):\(padded(time % 60, to: 2))Z"
    }

    /// The Gregorian date; years are counted from 1 March, so that the leap day is the last of its year.
    private static func date(daysSince1970: Int) -> (year: Int, month: Int, day: Int) {
        let daysSinceMarch0 = daysSince1970 + 719_468
        let era = daysSinceMarch0 / 146_097
        let dayOfEra = daysSinceMarch0 % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, to width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
