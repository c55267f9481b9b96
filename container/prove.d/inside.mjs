// What the kernel says of a container's processes, looked at from outside.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const attempt = (look) => { try { return look() } catch { return undefined } }
export const namespaceOf = (pid) => attempt(() => readlinkSync(`/proc/${pid}/ns/pid`))

/** Fields of /proc/<pid>/status, by name. */
function status(pid) {
  const text = attempt(() => readFileSync(`/proc/${pid}/status`, 'utf8'))
  return text && Object.fromEntries(text.split('\n').map((line) => line.split(/:\s*/, 2)))
}

export function environment(pid) {
  return Object.fromEntries(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean).map((pair) => pair.split(/=(.*)/s, 2)))
}

/** The first process below the one that the local stack started. */
export function firstProcess(leader) {
  const children = attempt(() => readFileSync(`/proc/${leader}/task/${leader}/children`, 'utf8'))?.trim().split(' ') ?? []
  return children.map(Number).find((pid) => pid && status(pid)?.NSpid?.split(/\s+/).at(-1) === '1')
}

/** Every process of the container whose first process this is, or was. */
export function processes(first, namespace = namespaceOf(first)) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.filter((pid) => namespace && namespaceOf(pid) === namespace).flatMap((pid) => {
    const found = status(pid)
    if (!found) return []
    const command = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.replaceAll('\0', ' ').trim()
    return [{
      pid, inside: Number(found.NSpid.split(/\s+/).at(-1)), parent: Number(found.PPid), state: found.State[0], name: found.Name, command,
      uid: Number(found.Uid.split(/\s+/)[0]), gid: Number(found.Gid.split(/\s+/)[0]), groups: found.Groups?.trim() ?? '',
      capabilities: found.CapEff, bounding: found.CapBnd,
    }]
  })
}

/** A program run beside the first process, in all its namespaces and its root. */
export function run(first, ...command) {
  const enter = ['--target', String(first), '--mount', '--pid', '--net', '--root', '--wd', '--', '/usr/bin/env', '--ignore-environment', ...command]
  const { status: code, stdout, stderr } = spawnSync('nsenter', enter, { encoding: 'utf8', timeout: 20_000 })
  return { code, text: `${stdout}${stderr}`.trim() }
}

/** Mounts of disks that may be written to, by where they are in the container. */
export function writable(first) {
  const lines = readFileSync(`/proc/${first}/mountinfo`, 'utf8').trim().split('\n')
  return lines.map((line) => line.split(' ')).filter(([, , , , , options]) => options.split(',').includes('rw')).map((fields) => fields[4])
}
