// The environment of the image's last stage, as the Dockerfile says it: one NAME=value a line.
import { readFileSync } from 'node:fs'

const dockerfile = readFileSync(new URL('../Dockerfile', import.meta.url), 'utf8')
const stages = dockerfile.replaceAll('\\\n', ' ').split(/^FROM /m)
const of = (stage) => [...(stage.match(/^ENV .*$/gm) ?? []).join(' ').matchAll(/(\w+)=(?:'([^']*)'|(\S+))/g)]
// The last one is made from the one called base.
const variables = [...of(stages.find((stage) => / AS base$/m.test(stage))), ...of(stages.at(-1))]
if (variables.length === 0) throw new Error('the Dockerfile sets no environment')
for (const [, name, quoted, plain] of variables) console.log(`${name}=${quoted ?? plain}`)
