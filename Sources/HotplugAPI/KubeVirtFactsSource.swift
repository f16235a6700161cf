package import KubeModel
import Synchronization

/// Reads the facts from the KubeVirt objects of a cluster: lists them for each request, and parses them again only
/// when one has changed.
package final class KubeVirtFactsSource: ClusterFactsSource {
    private struct Reading {
        /// Of the objects in their order: one that changed, came or went has another.
        let resourceVersions: [UInt64]
        let facts: ClusterFacts
    }

    private let cluster: any Cluster
    private let latest: Mutex<Reading?> = Mutex(nil)

    package init(cluster: any Cluster) {
        self.cluster = cluster
    }

    /// A cluster that does not know the resource has no KubeVirt.
    ///
    /// Throws 500 InternalError when it cannot be asked.
    package func facts() async throws(Status) -> ClusterFacts {
        let items: [StoredObject]
        do throws(Status) {
            items = try await cluster.list(.kubeVirt, namespace: nil).items
        } catch {
            guard error.code == 404 else { throw .internalError("unable to list kubevirts: \(error.message)") }
            items = []
        }
        let resourceVersions = items.map(\.resourceVersion)
        if let reading = latest.withLock({ $0 }), reading.resourceVersions == resourceVersions { return reading.facts }
        var kubeVirts: [JSONValue] = []
        for item in items {
            do throws(JSONError) {
                kubeVirts.append(try JSONValue(parsing: item.bytes))
            } catch {
                throw .internalError("unable to decode a kubevirt: \(error)")
            }
        }
        let facts = ClusterFacts(kubeVirts: kubeVirts)
        latest.withLock { $0 = Reading(resourceVersions: resourceVersions, facts: facts) }
        return facts
    }
}
