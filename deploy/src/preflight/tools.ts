/** The programs of this machine that a deploy needs. */
import { CommandFailed, CommandMissing, type Shell } from '../shell.ts'
import { type Check, type Finding, ok, problem } from './check.ts'

interface Tool {
  title: string
  needs: string
  command: string[]
  /** The oldest that will do; none: any. */
  least?: string
  install: string
}

/** Rust as in `rust-version` of Cargo.toml, Node as in deploy/package.json, zig as cargo-lambda 1.9 asks for it. */
const TOOLS: Tool[] = [
  {
    title: 'Node',
    needs: 'for the CDK and the page',
    command: ['node', '--version'],
    least: '20.19.0',
    install: 'Install a newer one from https://nodejs.org',
  },
  {
    title: 'Rust',
    needs: 'for the Lambdas and the operator\'s tool',
    command: ['cargo', '--version'],
    least: '1.95.0',
    install: 'Install it with rustup: https://rustup.rs, or `rustup update stable`',
  },
]

export const toolChecks: Check[] = TOOLS.map((tool) => ({
  title: tool.title,
  look: ({ shell }) => lookAt(tool, shell),
}))

async function lookAt(tool: Tool, shell: Shell): Promise<Finding> {
  let said: string
  try {
    said = await shell.read(tool.command)
  } catch (error) {
    const why = error instanceof CommandMissing ? 'is not installed' : `does not answer to \`${tool.command.join(' ')}\``
    return problem(`${why}, and is needed ${tool.needs}`, `${tool.install}.`)
  }
  const version = /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? 'of unknown version'
  if (tool.least && !isAtLeast(version, tool.least)) {
    return problem(`${version} is too old, ${tool.least} is needed ${tool.needs}`, `${tool.install}.`)
  }
  return ok(version)
}

/** The image's own script knows what it needs, and says it. */
export const dockerCheck: Check = {
  title: 'Docker',
  async look({ shell, root }) {
    try {
      await shell.read(['container/need-docker', 'arm64'], { cwd: root })
      return ok('builds linux/arm64')
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error
      return problem('cannot build the image of the agents', error.said)
    }
  },
}

/** ARM64's standard library, which the Lambdas are linked with. Where there is a rustup, cargo-lambda has it install that. */
export const armTargetCheck: Check = {
  title: 'Rust for ARM64',
  async look({ shell }) {
    const folder = await shell.read(['rustc', '--print', 'target-libdir', '--target', ARM_TARGET])
    if (await answers(shell, ['ls', folder.trim()], 'libstd')) return ok(ARM_TARGET)
    if (await answers(shell, ['rustup', '--version'])) return ok(`${ARM_TARGET} is installed by the build, with rustup`)
    return problem('its standard library is missing, and there is no rustup to install it', 'Use a Rust from https://rustup.rs instead of the system\'s.')
  },
}

export const ARM_TARGET = 'aarch64-unknown-linux-gnu'

const answers = (shell: Shell, command: string[], word = ''): Promise<boolean> =>
  shell.read(command).then(
    (said) => said.includes(word),
    () => false,
  )

export function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split('.').map(Number))
  for (const [place, part] of (want ?? []).entries()) {
    const mine = have?.[place] ?? 0
    if (mine !== part) return mine > part
  }
  return true
}

/** Installed by the build itself, in an environment of its own; that needs Python. */
export const lambdaToolCheck: Check = {
  title: 'cargo-lambda',
  async look({ shell, root }) {
    try {
      return ok((await shell.read(['scripts/need-cargo-lambda', '--check'], { cwd: root })).trim())
    } catch {
      return problem('cannot be installed without Python 3.10 or newer with venv', 'Debian: apt-get install python3-venv; elsewhere https://www.python.org')
    }
  },
}
