import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Context, type Json, makeApp } from './templates.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Nothing where there is no Python; the script has said why. */
const PROGRAM = execFileSync(join(ROOT, 'scripts/need-cfn-lint'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
const skip = PROGRAM === '' && 'there is no Python for cfn-lint'

const EVERYTHING = {
  telegram: 'on', prewarmSpares: '1', modelProvider: 'anthropic', monitoring: 'full', alarmEmail: 'somebody@example.com', budgetDollars: '5', snapshotKey: 'kms',
  domain: 'chat.example.com', certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555', hostedZoneId: 'Z0123456789ABC',
}

/** Roles are named twice by the CDK, as a reference and as a dependency. */
const KNOWN = ['W3005']

function lint(context: Context, change: (templates: string[]) => void = () => {}): string {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-lint-'))
  try {
    makeApp(context, { outdir }).synth()
    const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json')).map((file) => join(outdir, file))
    change(templates)
    const ran = spawnSync(PROGRAM, ['--format', 'parseable', '--ignore-checks', ...KNOWN, '--', ...templates], { encoding: 'utf8', env: { ...process.env, HOME: outdir } })
    assert.equal(ran.error, undefined)
    return ran.stdout + ran.stderr
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

for (const [name, context] of Object.entries({ defaults: {}, everything: EVERYTHING, 'ipv6-only': { network: 'ipv6-only' } })) {
  test(`cfn-lint finds nothing: ${name}`, { skip }, () => assert.equal(lint(context), ''))
}

test('it looks: a property that nobody knows is found', { skip }, () => {
  const said = lint({}, (templates) => {
    const file = templates.find((one) => one.includes('-compute'))!
    const template: Json = JSON.parse(readFileSync(file, 'utf8'))
    template.Resources.Cluster.Properties.Nope = true
    writeFileSync(file, JSON.stringify(template))
  })
  assert.match(said, /E3002.*Nope/)
})
