/// Octet classes of RFC 9110 and RFC 3986.
///
/// Written as `switch`, which the compiler turns into bit tests.
package enum ASCII {
    /// RFC 9110 §5.6.2: tchar.
    @inline(__always)
    package static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        // ! # $ % & ' * + - . ^ _ ` | ~
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
        default: false
        }
    }

    /// RFC 9110 §5.5: VCHAR, SP, HTAB and obs-text.
    @inline(__always)
    static func isFieldValue(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != 0x7f || octet == tab
    }

    /// RFC 3986: pchar, `/` and `?`, and the brackets, because clients send them in queries.
    @inline(__always)
    static func isTarget(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        // ! $ % & ' ( ) * + , - . / : ; = ? @ [ ] _ ~
        case 0x21, 0x24...0x2f, 0x3a, 0x3b, 0x3d, 0x3f, 0x40, 0x5b, 0x5d, 0x5f, 0x7e: true
        default: false
        }
    }

    /// RFC 3986: reg-name, without the sub-delimiters that no host name has.
    @inline(__always)
    static func isHost(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        // % - . _ ~
        case 0x25, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
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
