/// What a client hears that speaks HTTP to the port of HTTPS, who else would see nothing but the end of its connection.
enum PlainHTTP {
    /// In the words of Go (`net/http/server.go`), by which clients know what is wrong.
    static let answer = Array(
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n".utf8)

    private static let beginnings = ["GET /", "HEAD ", "POST ", "PUT /", "PATCH", "DELET", "OPTIO", "PRI *"]
        .map { Array($0.utf8) }

    /// Whether the first octets of a connection are those of a request; a TLS record begins with 22.
    static func isRequest(_ octets: ArraySlice<UInt8>) -> Bool { beginnings.contains { octets.starts(with: $0) } }
}
