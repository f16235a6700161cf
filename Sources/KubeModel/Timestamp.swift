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

    /// Seconds since 1970 of a text in RFC 3339, whose fractions of a second do not count; `nil` for another text.
    ///
    /// Years are 1970 to 9999.
    package static func seconds(_ text: String) -> Int64? {
        let octets = Array(text.utf8)
        guard octets.count >= 20, octets[4] == 0x2D, octets[7] == 0x2D, octets[10] | 0x20 == 0x74, octets[13] == 0x3A,
            octets[16] == 0x3A, let year = number(octets[0..<4]), let month = number(octets[5..<7]),
            let day = number(octets[8..<10]), let hour = number(octets[11..<13]),
            let minute = number(octets[14..<16]), let second = number(octets[17..<19]),
            let offset = offset(octets[19...]), year >= 1970, (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Int64(seconds)
    }

    /// Decimal digits and nothing else.
    private static func number(_ octets: ArraySlice<UInt8>) -> Int? {
        var number = 0
        for octet in octets {
            guard (0x30...0x39).contains(octet) else { return nil }
            number = number * 10 + Int(octet &- 0x30)
        }
        return number
    }

    /// Seconds east of UTC: `Z`, `+01:00`, each perhaps after a fraction.
    private static func offset(_ octets: ArraySlice<UInt8>) -> Int? {
        var rest = octets
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
        }
        if rest.count == 1, rest.first.map({ $0 | 0x20 == 0x7A }) == true { return 0 }
        let zone = Array(rest)
        guard zone.count == 6, zone[0] == 0x2B || zone[0] == 0x2D, zone[3] == 0x3A, let hours = number(zone[1...2]),
            let minutes = number(zone[4...5]), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3600 + minutes * 60) * (zone[0] == 0x2D ? -1 : 1)
    }

    /// Days since 1970-01-01, counted from 1 March as in `date`.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        let yearOfEra = year % 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + (153 * monthFromMarch + 2) / 5 + day - 1
        return year / 400 * 146_097 + dayOfEra - 719_468
    }
}
