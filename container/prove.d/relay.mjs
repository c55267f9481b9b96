// Loopback across two network namespaces, over sockets in a folder that both see:
//   relay.mjs inside FOLDER PORT…    listens on the ports, as the stack does outside
//   relay.mjs outside FOLDER PORT…   connects what arrives to the stack
import { connect, createServer } from 'node:net'

const [side, folder, ...ports] = process.argv.slice(2)
// It goes with its task, which may still have to save when it is told to end.
process.on('SIGTERM', () => {})
// And outside with whoever started it.
if (side === 'outside') process.stdin.resume().on('end', () => process.exit(0))

function pipe(client, target) {
  const server = connect(target)
  client.pipe(server).pipe(client)
  for (const socket of [client, server]) {
    socket.on('error', () => { client.destroy(); server.destroy() })
  }
}

let listening = 0
for (const port of ports) {
  const socket = `${folder}/${port}.sock`
  const loopback = { host: '127.0.0.1', port: Number(port) }
  const [from, to] = side === 'inside' ? [loopback, { path: socket }] : [{ path: socket }, loopback]
  createServer({ allowHalfOpen: false }, (client) => pipe(client, to)).listen(from, () => {
    if (++listening === ports.length) console.log('listening')
  })
}
