// What the image holds, as CycloneDX JSON: the npm packages of the lockfile, the crates that the
// bridge is linked from, and the Debian packages if their list is given (the image has it at
// /usr/share/openclaw/debian-packages.tsv).
//   node container/sbom.mjs --arch arm64 [--debian packages.tsv] [--version v] >sbom.cdx.json
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const container = dirname(fileURLToPath(import.meta.url))
const read = (name) => readFileSync(join(container, name), 'utf8')

export const ARCHITECTURES = {
  arm64: { cpu: 'arm64', target: 'aarch64-unknown-linux-gnu' },
  amd64: { cpu: 'x64', target: 'x86_64-unknown-linux-gnu' },
}

/** A purl's name: npm's scopes keep their slash. */
const encoded = (name) => name.split('/').map(encodeURIComponent).join('/')

function component(ecosystem, { name, version, license, hashes = [], qualifiers = '' }) {
  const purl = `pkg:${ecosystem}/${encoded(name)}@${encodeURIComponent(version)}${qualifiers}`
  const licenses = license ? [{ expression: license.replaceAll('/', ' OR ') }] : []
  return { type: 'library', 'bom-ref': purl, name, version, purl, licenses, hashes }
}

/** Of the list of what is removed from the image, the whole packages. */
function removed() {
  return read('trim.txt').split('\n').flatMap((line) => line.match(/^path (\S+)/)?.[1] ?? [])
}

/** As `npm ci --omit=dev` installs them for that machine. */
export function npmComponents(cpu) {
  const { packages } = JSON.parse(read('package-lock.json'))
  const gone = removed().map((path) => `node_modules/${path}`)
  const allows = (list, one) => !list || list.includes(one)
  const isThere = ([path, { dev, os, cpu: cpus, libc }]) => path !== '' && !dev && allows(os, 'linux') && allows(cpus, cpu) &&
    allows(libc, 'glibc') && !gone.some((folder) => path === folder || path.startsWith(`${folder}/`))
  return Object.entries(packages).filter(isThere).map(([path, { name, version, license, integrity }]) => {
    const [algorithm, digest] = (integrity ?? '').split('-')
    const hashes = algorithm === 'sha512' ? [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] : []
    return component('npm', { name: name ?? path.replace(/^.*node_modules\//, ''), version, license, hashes })
  })
}

/** The bridge and everything that is linked into it: no build scripts' and no tests' dependencies. */
export function crateComponents(metadata, checksums) {
  const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]))
  const packages = new Map(metadata.packages.map((one) => [one.id, one]))
  const reached = new Set(metadata.packages.filter(({ name, source }) => name === 'bridge' && !source).map(({ id }) => id))
  if (reached.size !== 1) throw new Error('cargo metadata knows no crate called bridge')
  // A set that grows while it is walked is walked to its end.
  for (const id of reached) {
    const linked = nodes.get(id).deps.filter(({ dep_kinds: kinds }) => kinds.some(({ kind }) => kind === null))
    linked.forEach(({ pkg }) => reached.add(pkg))
  }
  return [...reached].map((id) => {
    const { name, version, license } = packages.get(id)
    const checksum = checksums.get(`${name} ${version}`)
    return component('cargo', { name, version, license, hashes: checksum ? [{ alg: 'SHA-256', content: checksum }] : [] })
  })
}

/** Of Cargo.lock, which is TOML as cargo writes it. */
function cargoChecksums() {
  const lock = read('../Cargo.lock')
  const found = lock.matchAll(/^name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"$/gm)
  return new Map([...found].map(([, name, version, checksum]) => [`${name} ${version}`, checksum]))
}

function cargoMetadata(target) {
  const command = ['metadata', '--locked', '--format-version', '1', '--filter-platform', target]
  return JSON.parse(execFileSync('cargo', command, { cwd: join(container, '..'), maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'inherit'] }))
}

export function debianComponents(list) {
  return list.trim().split('\n').map((line) => {
    const [name, version, arch] = line.split('\t')
    return component('deb/debian', { name, version, qualifiers: `?arch=${arch}` })
  })
}

export function sbom({ arch, version = 'unknown', debian, now = new Date() }) {
  const machine = ARCHITECTURES[arch]
  if (!machine) throw new Error(`--arch is ${Object.keys(ARCHITECTURES).join(' or ')}, not ${arch}`)
  const all = [
    ...npmComponents(machine.cpu),
    ...crateComponents(cargoMetadata(machine.target), cargoChecksums()),
    ...(debian ? debianComponents(debian) : []),
  ]
  // npm may install one version in two places.
  const components = [...new Map(all.map((one) => [one['bom-ref'], one])).values()]
  const image = { type: 'container', 'bom-ref': 'image', name: 'serverless-openclaw', version }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX', specVersion: '1.6', version: 1,
    metadata: { timestamp: now.toISOString(), component: image },
    components,
    dependencies: [{ ref: 'image', dependsOn: components.map((one) => one['bom-ref']) }],
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { arch: { type: 'string', default: 'arm64' }, version: { type: 'string' }, debian: { type: 'string' } } })
  const debian = values.debian && readFileSync(values.debian, 'utf8')
  console.log(JSON.stringify(sbom({ arch: values.arch, version: values.version, debian }), null, 1))
}
