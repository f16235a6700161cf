// EmbeddedCluster: a cluster in one SQLite file. May import KubeModel and GRDB; knows nothing of HTTP or loops.

/// What the embedded cluster takes, each with its unit.
package enum StoreLimits {
    /// Octets of one stored object, as etcd's `--max-request-bytes`.
    package static let objectBytesMax = 1_572_864
    /// Octets of all annotation keys and values of one object (apimachinery `TotalAnnotationSizeLimitB`).
    package static let annotationsBytesMax = 256 << 10
    /// Names tried for one `generateName` before the create fails.
    package static let generatedNameAttemptsMax = 8
    /// Causes listed in one Invalid answer.
    package static let causesMax = 100
    /// Characters of a wrong value that an error repeats.
    package static let quotedCharactersMax = 300

    /// Writes that wait for the writer; one more is refused with 429 before it has any effect.
    package static let writesWaitingMax = 1024
    /// Events of one resource from which a watch can be resumed.
    package static let historyEventsMax = 10_000
    /// Octets of the objects in them, before and after each change.
    package static let historyBytesMax = 16 << 20
    /// Events that a watcher takes at once.
    package static let watchBatchMax = 256

    /// Objects, and octets of them, that are read at once for a list: some 2 ms of a thread.
    package static let pageItemsMax = 128
    package static let pageBytesMax = 256 << 10

    /// Objects that one commit deletes of a namespace that goes.
    package static let namespaceBatchMax = 500
    /// Objects of such a namespace that are looked into, at one time, for the finalizers that hold them.
    package static let namespaceContentMax = 128
    /// Finalizers that its condition names.
    package static let finalizersToldMax = 100
    /// Octets of objects that are kept in memory, and what each counts besides.
    package static let cacheBytesMax = 32 << 20
    package static let cacheEntryBytes = 256

    /// Read connections kept open while nobody reads.
    package static let readersIdleMax = 8
    /// Seconds that a statement waits for a lock of SQLite.
    package static let busyTimeoutSeconds = 5
    /// Pages of 4 KiB in the write-ahead log before it is copied into the database.
    package static let walCheckpointPages = 1000
    /// Octets that the write-ahead log keeps on disk after a checkpoint.
    package static let walBytesMax = 64 << 20
    /// KiB of pages that the writer and one reader keep in memory.
    package static let writerCacheKiB = 2048
    package static let readerCacheKiB = 512
}
