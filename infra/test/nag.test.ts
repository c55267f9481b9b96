import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { STARS } from '../lib/nag.ts'
import { type Context, type Json, makeApp } from './templates.ts'

const EVERYTHING = {
  telegram: 'on', prewarmSpares: '1', modelProvider: 'anthropic', monitoring: 'full', alarmEmail: 'somebody@example.com', budgetDollars: '5', snapshotKey: 'kms',
}

/** What cdk-nag would have otherwise, and nobody has accepted. */
function findings(context: Context, change: (app: ReturnType<typeof makeApp>) => void = () => {}): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'infra-nag-'))
  try {
    const app = makeApp(context, { outdir })
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    change(app)
    app.synth()
    const report: Json = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'))
    return report.pluginReports.flatMap((plugin: Json) => plugin.violations.flatMap((violation: Json) => found(violation)))
  } finally {
    rmSync(outdir, { recursive: true, force: true })
  }
}

function found(violation: Json): string[] {
  const where = violation.violatingConstructs ?? violation.violatingResources ?? []
  return where.map((one: Json) => `${violation.ruleName} at ${one.constructPath ?? one.resourceLogicalId}`)
}

/** A grant that ends in a star, with what it stands for. */
function answered(finding: string): boolean {
  const [, resource] = /^AwsSolutions-IAM5\[Resource::(.*)\] at /.exec(finding) ?? []
  return resource !== undefined && STARS.some(({ ends }) => ends.test(resource))
}

for (const [name, context] of Object.entries({ defaults: {}, everything: EVERYTHING, 'ipv6-only': { network: 'ipv6-only', webSocketLogs: 'off' } })) {
  test(`AwsSolutions has nothing to say that was not answered: ${name}`, () => {
    assert.deepEqual(findings(context).filter((finding) => !answered(finding)), [])
  })
}

test('each star that is answered for is granted somewhere', () => {
  const said = findings(EVERYTHING).map((finding) => /\[Resource::(.*)\] at /.exec(finding)?.[1] ?? '')
  assert.deepEqual(STARS.filter(({ ends }) => !said.some((resource) => ends.test(resource))), [])
})

test('it looks: an open security group is found', () => {
  const said = findings({}, (app) => {
    const tasks = app.node.findChild('openclaw-network').node.findChild('Tasks') as Json
    tasks.securityGroupIngress = [{ ipProtocol: 'tcp', fromPort: 22, toPort: 22, cidrIp: '0.0.0.0/0' }]
  })
  assert.match(said.join('\n'), /AwsSolutions-EC23/)
})
