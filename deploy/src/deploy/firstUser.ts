/** Somebody must be able to sign in. Cognito sends the invitation, so we never see a password. */
import { AdminCreateUserCommand, ListUsersCommand } from '@aws-sdk/client-cognito-identity-provider'
import { field, type Description } from '../description.ts'
import { isNamed, Refusal } from '../errors.ts'
import { which, type World } from '../world.ts'

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

export async function firstUser(world: World, description: Description, email: string | undefined): Promise<string> {
  const pool = field(description, 'USER_POOL_ID')
  const { Users: users = [] } = await world.aws.cognito.send(new ListUsersCommand({ UserPoolId: pool, Limit: 1 }))
  if (users.length > 0) return 'there are users already: nobody was invited'
  const address = email ?? (await asked(world))
  if (address === '') return `nobody was invited; do it later: make invite ${which(world)} EMAIL=you@example.com`
  return invite(world, pool, address)
}

async function asked({ terminal }: World): Promise<string> {
  if (!terminal.isInteractive) return ''
  return terminal.ask('The e-mail address of the first user (Enter: nobody yet): ')
}

export async function invite({ aws }: World, pool: string, email: string): Promise<string> {
  if (!EMAIL.test(email)) throw new Refusal(`"${email}" is no e-mail address. Say EMAIL=ana@example.com.`)
  const attributes = { email, email_verified: 'true' }
  try {
    await aws.cognito.send(
      new AdminCreateUserCommand({
        UserPoolId: pool,
        Username: email,
        UserAttributes: Object.entries(attributes).map(([Name, Value]) => ({ Name, Value })),
        DesiredDeliveryMediums: ['EMAIL'],
      }),
    )
  } catch (error) {
    if (isNamed(error, 'UsernameExistsException')) return `${email} is a user already`
    throw error
  }
  return `${email} gets a mail from no-reply@verificationemail.com with a password for once; it is good for 7 days`
}
