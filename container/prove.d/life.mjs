// The life of a task in the image: woken by a message, looked at, told to end, woken again.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { environment, firstProcess, namespaceOf, processes, run, writable } from './inside.mjs'
import { connect, startStack, until } from './stack.mjs'

const work = process.argv[2]
const AGENT = { uid: 10001, gid: 10001 }
/** Bits of chown, dac_override, fowner, fsetid, kill, setgid and setuid. */
const BOUNDING = '00000000000000fb'
/** What crates/bridge/src/gateway_process.rs gives an agent. */
const AGENT_SEES = [
  'PATH', 'LANG', 'TMPDIR', 'NODE_COMPILE_CACHE', 'OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED', 'HOME', 'OPENCLAW_STATE_DIR', 'OPENCLAW_GATEWAY_TOKEN',
  'OPENCLAW_GATEWAY_PORT', 'MODEL_PROXY_KEY', 'OPENCLAW_NO_AUTO_UPDATE', 'OPENCLAW_NO_RESPAWN', 'OPENCLAW_DISABLE_BONJOUR', 'DO_NOT_TRACK',
]
/** Of the stand-in for KMS and of the container's own. */
const NOT_A_DISK = ['/proc', '/dev', '/run']

const began = performance.now()
const shown = (what) => console.log(`        ok   ${what}`)
function check(isSo, what, found = '') {
  if (!isSo) throw new Error(`not so: ${what} ${typeof found === 'string' ? found : JSON.stringify(found)}`)
  shown(what)
}
/** A command of the agent's own, by the demo model. */
const tool = (command) => `[[demo tool=exec args='${JSON.stringify({ command })}']]`

async function runningTask(stack, but) {
  const task = await until('a task', async () => (await stack.tasks()).find(({ id, status, pid }) => id !== but && status === 'RUNNING' && pid))
  const first = await until('its first process', () => firstProcess(task.pid))
  return { ...task, first, agentDir: join(stack.data, 'machines', task.id, 'agent') }
}

function lookAtProcesses({ first }) {
  const all = processes(first)
  const bridge = all.find(({ pid }) => pid === first)
  check(bridge.command === '/usr/local/bin/bridge' && bridge.inside === 1 && bridge.uid === 0, 'the bridge is process 1, as root', bridge)
  check(bridge.bounding === BOUNDING && bridge.capabilities === BOUNDING, `it has seven capabilities (${BOUNDING})`, bridge)
  const others = all.filter(({ pid }) => pid !== first)
  check(others.some(({ name }) => name.startsWith('openclaw')), `the gateway runs, ${others.length} processes in all`, others)
  const odd = others.filter((one) => one.uid !== AGENT.uid || one.gid !== AGENT.gid || one.groups !== '' || !/^0+$/.test(one.capabilities))
  check(odd.length === 0, 'each under the uid and gid of the agent, without groups and capabilities', odd)
  const seen = others.flatMap(({ pid, state }) => (state === 'Z' ? [] : Object.entries(environment(pid))))
  const gateway = others.find(({ parent }) => parent === first)
  const surplus = Object.keys(environment(gateway.pid)).filter((name) => !AGENT_SEES.includes(name))
  check(surplus.length === 0, `the gateway has ${Object.keys(environment(gateway.pid)).length} variables, each of the list`, surplus)
  const secret = seen.filter(([name, value]) => /AWS|LAUNCH_TOKEN|WS_URL|SNAPSHOT/.test(name) || value.includes('canary'))
  check(secret.length === 0, 'no process of the agent has a variable of AWS or of the launch', secret.map(([name]) => name))
  return gateway
}

function lookAtDisks({ first }) {
  const disks = writable(first).filter((path) => !NOT_A_DISK.some((not) => path === not || path.startsWith(`${not}/`)))
  check(disks.sort().join(' ') === '/tmp /var/lib/openclaw', 'only the two volumes can be written to', disks)
  const touched = run(first, '/usr/bin/touch', '/opt/openclaw/x')
  check(touched.code === 1 && touched.text.includes('Read-only'), 'root itself cannot write to the image', touched)
  const privileged = run(first, '/usr/bin/find', '/', '-xdev', '-type', 'f', '-perm', '/6000')
  check(privileged.code === 0 && privileged.text === '', 'no program makes anybody somebody else (setuid)', privileged)
}

async function lookAtHealth({ first }, gateway) {
  const health = () => run(first, '/usr/local/bin/bridge', 'health')
  await until('a green health check', () => health().code === 0)
  shown('the health check is green')
  process.kill(gateway.pid, 'SIGSTOP')
  const red = await until('a red health check', () => [health()].find(({ code }) => code === 1))
  process.kill(gateway.pid, 'SIGCONT')
  check(red.text.includes('the agent does not answer'), 'red while the gateway hangs', red)
  await until('a green one again', () => health().code === 0)
  shown('green again')
}

async function leaveAnOrphan(person, task) {
  // Its parent ends at once, and it later.
  await person.ask(tool('echo kept > note.txt; mkdir shared; chmod 2775 shared; (setsid sleep 3 >/dev/null 2>&1 &)'))
  const orphan = await until('an orphan of the bridge', () => processes(task.first).find(({ command, parent }) => command === 'sleep 3' && parent === task.first))
  shown(`an orphan of a tool became the child of process 1 (${orphan.inside} in there)`)
  await until('the end of the orphan', () => !processes(task.first).some(({ pid }) => pid === orphan.pid))
  check(!processes(task.first).some(({ state }) => state === 'Z'), 'it died and was buried; there is no zombie')
}

async function end(stack, { id, first }) {
  const namespace = namespaceOf(first)
  if (processes(first, namespace).length < 2) throw new Error('there is no container to end')
  await stack.control(`tasks/${id}/interrupt`, 'POST')
  const over = await until('the end of the task', async () => (await stack.tasks()).find((task) => task.id === id && task.status === 'STOPPED'))
  const lines = readFileSync(stack.log(id), 'utf8').split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  const position = (pattern) => lines.findIndex(({ message }) => pattern.test(message ?? ''))
  check(over.stopCode === 'SpotInterruption' && over.exitCode === 0, 'SIGTERM reached process 1, which ended with 0', over)
  const saved = lines.findLast(({ message }) => /snapshot|saved/.test(message ?? ''))
  check(saved !== undefined && position(/^released$/) > lines.indexOf(saved), 'the last snapshot was taken, then the generation released', lines.slice(-8))
  check(processes(first, namespace).length === 0, 'nothing is left of the container')
}

const stack = await startStack(work)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stack.stop().finally(() => process.exit(1)))
try {
  const person = await connect(stack, 'ana')
  const answer = await person.ask('Who are you?')
  check(answer.text.includes('demo model'), `a message woke the image and was answered: first text after ${answer.firstMs} ms`)
  const task = await runningTask(stack)
  const gateway = lookAtProcesses(task)
  lookAtDisks(task)
  await leaveAnOrphan(person, task)
  await lookAtHealth(task, gateway)
  await end(stack, task)

  const again = await person.ask(tool('cat note.txt; id -u'))
  const next = await runningTask(stack, task.id)
  check(again.text.includes('kept') && again.text.includes(String(AGENT.uid)), `the next task has what the first one saved: answered after ${again.endMs} ms`, again.text)
  check(readFileSync(join(next.agentDir, 'workspace/note.txt'), 'utf8') === 'kept\n', 'on its own disk')
  const shared = statSync(join(next.agentDir, 'workspace/shared'))
  check((shared.mode & 0o7777) === 0o2775 && shared.uid === AGENT.uid, 'with owners and modes, setgid too', shared)
  await end(stack, next)
  person.close()
} catch (error) {
  console.error(`The image does not do what it should. ${error.message}`)
  process.exitCode = 1
} finally {
  await stack.stop()
}
console.log(`        in ${Math.round((performance.now() - began) / 1000)} s`)
