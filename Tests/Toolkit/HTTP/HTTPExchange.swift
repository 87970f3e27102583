import Foundation
import FoundationNetworking
import Synchronization

/// One request and its answer.
final class HTTPExchange: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
        var status = 0
        var headers: [String: String] = [:]
        var body = Data()
        var isCut = false
        var waiting: CheckedContinuation<Result<HTTP.Response, HTTP.Failure>, Never>?
    }

    private let address: String
    private let limit: Int?
    private let state = Mutex(State())

    init(address: String, limit: Int?) {
        self.address = address
        self.limit = limit
    }

    func perform(_ request: URLRequest) async throws(HTTP.Failure) -> HTTP.Response {
        let session = URLSession(configuration: .ephemeral, delegate: self, delegateQueue: nil)
        defer { session.finishTasksAndInvalidate() }
        let task = session.dataTask(with: request)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.state.withLock { $0.waiting = continuation }
                task.resume()
            }
        } onCancel: {
            task.cancel()
        }
        return try result.get()
    }

    func urlSession(
        _ session: URLSession,
        dataTask: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? HTTPURLResponse {
            let pairs = response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
            self.state.withLock { state in
                state.status = response.statusCode
                state.headers = Dictionary(pairs) { first, _ in first }
            }
        }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isEnough = self.state.withLock { state in
            state.body.append(data)
            guard let limit = self.limit, state.body.count >= limit else { return false }
            state.isCut = true
            return true
        }
        if isEnough { dataTask.cancel() }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let (waiting, state) = self.state.withLock { state in
            defer { state.waiting = nil }
            return (state.waiting, state)
        }
        if let error, !state.isCut {
            waiting?.resume(returning: .failure(.transport(self.address, reason: error.localizedDescription)))
            return
        }
        let response = HTTP.Response(
            status: state.status,
            headers: state.headers,
            body: self.limit.map { Data(state.body.prefix($0)) } ?? state.body,
            isCut: state.isCut
        )
        waiting?.resume(returning: .success(response))
    }
}
