/// First in, first out; each operation costs constant time, taken over many.
struct FIFO<Element> {
    private var elements: [Element] = []
    /// Those before it have been taken.
    private var start = 0

    var first: Element? { start < elements.count ? elements[start] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    @discardableResult
    mutating func popFirst() -> Element? {
        guard let first else { return nil }
        start += 1
        // Only when it is more than what is left: each element is moved once at most.
        if start > elements.count / 2 {
            elements.removeFirst(start)
            start = 0
        }
        return first
    }
}
