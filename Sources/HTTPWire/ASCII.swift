/// Octet classes of RFC 9110 and RFC 3986, as one table of bits.
package enum ASCII {
    static let token: UInt8 = 1
    static let fieldValue: UInt8 = 2
    static let target: UInt8 = 4
    static let hex: UInt8 = 8
    static let host: UInt8 = 16

    private static let classes: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 256)
        func mark(_ octets: String, _ bit: UInt8) {
            for octet in octets.utf8 { table[Int(octet)] |= bit }
        }
        let alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        // RFC 9110 §5.6.2 tchar.
        mark(alphanumeric + "!#$%&'*+-.^_`|~", token)
        // RFC 9110 §5.5: VCHAR, SP, HTAB and obs-text.
        for octet in 0x20...0x7e { table[octet] |= fieldValue }
        for octet in 0x80...0xff { table[octet] |= fieldValue }
        table[0x09] |= fieldValue
        // RFC 3986 pchar, "/" and "?"; the brackets because clients send them in queries.
        mark(alphanumeric + "-._~!$&'()*+,;=:@%/?[]", target)
        mark("0123456789abcdefABCDEF", hex)
        // RFC 3986 reg-name, without the sub-delimiters that no host name has.
        mark(alphanumeric + "-._~%", host)
        return table
    }()

    @inline(__always)
    static func isIn(_ classBit: UInt8, _ octet: UInt8) -> Bool {
        classes[Int(octet)] & classBit != 0
    }

    @inline(__always)
    static func lowercased(_ octet: UInt8) -> UInt8 {
        octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
    }

    /// The value of a hexadecimal digit.
    @inline(__always)
    static func hexValue(_ octet: UInt8) -> Int? {
        switch octet {
        case 0x30...0x39: Int(octet) - 0x30
        case 0x41...0x46: Int(octet) - 0x41 + 10
        case 0x61...0x66: Int(octet) - 0x61 + 10
        default: nil
        }
    }
}

let tab: UInt8 = 0x09
let lineFeed: UInt8 = 0x0a
let carriageReturn: UInt8 = 0x0d
let space: UInt8 = 0x20
