// What a page asks of the system, seen from its browser.

/** API Gateway bills a WebSocket message by pieces of 32 KB. */
const MESSAGE_UNIT = 32 * 1024

export class PageWatch {
  #seen = nothing()

  over(context, { api, issuer, url }) {
    context.on('request', (request) => {
      const target = request.url()
      if (target.startsWith(api)) this.#seen.apiRequests += 1
      // What the service worker has kept reaches nobody.
      else if (target.startsWith(url) && !target.startsWith(issuer) && !request.serviceWorker()) this.#seen.pageRequests += 1
    })
    context.on('page', (page) => page.on('websocket', (socket) => this.#listen(socket)))
    return context
  }

  #listen(socket) {
    this.#seen.sockets += 1
    socket.on('framesent', ({ payload }) => (this.#seen.messagesIn += pieces(payload)))
    socket.on('framereceived', ({ payload }) => (this.#seen.messagesOut += pieces(payload)))
  }

  /** What was seen since the last time. */
  take() {
    const seen = this.#seen
    this.#seen = nothing()
    return seen
  }
}

const pieces = (payload) => Math.max(1, Math.ceil(Buffer.byteLength(payload) / MESSAGE_UNIT))

const nothing = () => ({ apiRequests: 0, pageRequests: 0, sockets: 0, messagesIn: 0, messagesOut: 0 })
