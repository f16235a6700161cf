package import KubeModel
import Synchronization

/// Reads the facts from the KubeVirt objects of a cluster.
///
/// It lists them again only after a change, where the cluster can tell of changes.
package final class KubeVirtFactsSource: ClusterFactsSource {
    private struct Reading {
        let lastChange: UInt64
        let facts: ClusterFacts
    }

    private let cluster: any Cluster
    private let watchable: (any WatchableCluster)?
    private let latest: Mutex<Reading?> = Mutex(nil)

    package init(cluster: any Cluster) {
        self.cluster = cluster
        watchable = cluster as? any WatchableCluster
    }

    /// A cluster that does not know the resource has no KubeVirt.
    ///
    /// Throws 500 InternalError when it cannot be asked.
    package func facts() async throws(Status) -> ClusterFacts {
        // Asked for before the list, which may hold a later change but misses none.
        let lastChange = watchable?.lastChange(of: .kubeVirt)
        if let reading = latest.withLock({ $0 }), reading.lastChange == lastChange { return reading.facts }
        let items: [StoredObject]
        do throws(Status) {
            items = try await cluster.list(.kubeVirt, namespace: nil).items
        } catch {
            guard error.code == 404 else { throw .internalError("unable to list kubevirts: \(error.message)") }
            items = []
        }
        var kubeVirts: [JSONValue] = []
        for item in items {
            do throws(JSONError) {
                kubeVirts.append(try JSONValue(parsing: item.bytes))
            } catch {
                throw .internalError("unable to decode a kubevirt: \(error)")
            }
        }
        let facts = ClusterFacts(kubeVirts: kubeVirts)
        if let lastChange { latest.withLock { $0 = Reading(lastChange: lastChange, facts: facts) } }
        return facts
    }
}
