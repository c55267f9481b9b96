/** An AWS account in memory: what the deploy asks and changes, answered as AWS answers it. */
import { awsClients, type Aws } from '../src/aws.ts'

export interface Call {
  name: string
  input: Record<string, unknown>
}

type Answer = (input: any) => unknown
export type Answers = Record<string, Answer>

export const REGION = 'us-east-1'
export const ACCOUNT = '123456789012'

/** As the SDK throws what the service calls by a name. */
export function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name })
}

/** The real clients, whose requests go nowhere but here. What nobody answers is a mistake of the test, or of the code. */
export function fakeAws(answers: Answers): { aws: Aws; calls: Call[] } {
  const calls: Call[] = []
  const aws = awsClients(REGION)
  for (const client of Object.values(aws)) {
    client.send = async (command: { constructor: { name: string }; input: Record<string, unknown> }) => {
      const name = command.constructor.name.replace(/Command$/, '')
      calls.push({ name, input: command.input })
      const answer = answers[name]
      if (!answer) throw new Error(`nobody answers ${name}`)
      return answer(command.input)
    }
  }
  return { aws, calls }
}

export class Account {
  readonly parameters = new Map<string, { value: string; type: string; at: Date }>()
  readonly stacks = new Map<string, string>()
  /** Tags and digests, in the order of their pushes. */
  readonly images = new Map<string, string>()
  /** Which image a task definition names. */
  readonly imageOf = new Map<string, string>()
  readonly objects = new Map<string, { type: string; cache: string }>()
  readonly users: string[] = []
  readonly tasks: string[] = []
  repository = false
  /** Of the task definition. */
  readonly deregistered = new Set<string>()

  get answers(): Answers {
    return { ...this.#identity(), ...this.#systemsManager(), ...this.#stacks(), ...this.#images(), ...this.#page(), ...this.#rest() }
  }

  #identity(): Answers {
    return {
      GetCallerIdentity: () => ({ Account: ACCOUNT, Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/admin/ana` }),
      GetRole: () => ({}),
      GetServiceQuota: () => ({ Quota: { Value: 64 } }),
      GetFoundationModelAvailability: () => ({ regionAvailability: 'AVAILABLE', authorizationStatus: 'AUTHORIZED' }),
    }
  }

  #systemsManager(): Answers {
    return {
      GetParameter: ({ Name }) => {
        const found = this.parameters.get(Name)
        if (!found) throw named('ParameterNotFound')
        return { Parameter: { Value: found.value } }
      },
      PutParameter: ({ Name, Value, Type }) => (this.parameters.set(Name, { value: Value, type: Type, at: new Date(0) }), {}),
      DeleteParameter: ({ Name }) => {
        if (!this.parameters.delete(Name)) throw named('ParameterNotFound')
        return {}
      },
      DescribeParameters: ({ ParameterFilters }) => ({
        Parameters: [...this.parameters]
          .filter(([name]) => ParameterFilters[0].Values.includes(name))
          .map(([Name, { at }]) => ({ Name, LastModifiedDate: at, Version: 1 })),
      }),
    }
  }

  #stacks(): Answers {
    return {
      DescribeStacks: ({ StackName }) => {
        const status = this.stacks.get(StackName)
        if (!status) throw named('ValidationError', `Stack with id ${StackName} does not exist`)
        const Tags = [{ Key: 'deployment', Value: StackName.replace(/-[a-z]+$/, '') }]
        const Outputs = StackName.endsWith('-web') ? [{ OutputKey: 'Files', OutputValue: 'page-files' }] : []
        return { Stacks: [{ StackName, StackStatus: status, Tags, Outputs }] }
      },
      DeleteStack: ({ StackName }) => (this.stacks.delete(StackName), {}),
    }
  }

  #images(): Answers {
    const uri = `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/openclaw`
    return {
      DescribeRepositories: () => {
        if (!this.repository) throw named('RepositoryNotFoundException')
        return { repositories: [{ repositoryUri: uri }] }
      },
      DescribeImages: ({ imageIds }) => {
        if (!imageIds) return { imageDetails: this.#pushed() }
        const imageDigest = this.images.get(imageIds[0].imageTag)
        if (!imageDigest) throw named('ImageNotFoundException')
        return { imageDetails: [{ imageDigest }] }
      },
      BatchDeleteImage: ({ imageIds }) => {
        const gone = new Set(imageIds.map(({ imageDigest }: { imageDigest: string }) => imageDigest))
        for (const [tag, digest] of this.images) if (gone.has(digest)) this.images.delete(tag)
        return {}
      },
      GetAuthorizationToken: () => ({
        authorizationData: [{ authorizationToken: Buffer.from('AWS:registry-password').toString('base64') }],
      }),
    }
  }

  /** ECR says them in no order. */
  #pushed() {
    const details = [...this.images.values()].map((imageDigest, at) => ({ imageDigest, imagePushedAt: new Date(at) }))
    return details.sort((a, b) => b.imageDigest.localeCompare(a.imageDigest))
  }

  #page(): Answers {
    return {
      ListObjectsV2: ({ Prefix = '' }) => {
        const keys = [...this.objects.keys()].filter((key) => key.startsWith(Prefix))
        return { Contents: keys.map((Key) => ({ Key })), KeyCount: keys.length }
      },
      GetObject: () => {
        throw named('NoSuchKey')
      },
      PutObject: ({ Key, ContentType, CacheControl }) => (this.objects.set(Key, { type: ContentType, cache: CacheControl }), {}),
      ListObjectVersions: () => ({ Versions: [...this.objects.keys()].map((Key) => ({ Key, VersionId: '1' })) }),
      DeleteObjects: ({ Delete }) => {
        for (const { Key } of Delete.Objects) this.objects.delete(Key)
        return {}
      },
      CreateInvalidation: () => ({}),
    }
  }

  #rest(): Answers {
    return {
      ListUsers: () => ({ Users: this.users.map((Username) => ({ Username })) }),
      AdminCreateUser: ({ Username }) => (this.users.push(Username), {}),
      DescribeTaskDefinition: ({ taskDefinition }) => ({
        taskDefinition: {
          status: this.deregistered.has(taskDefinition) ? 'INACTIVE' : 'ACTIVE',
          containerDefinitions: [{ image: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/openclaw@${this.imageOf.get(taskDefinition)}` }],
        },
      }),
      ListTasks: () => ({ taskArns: [...this.tasks] }),
      StopTask: ({ task }) => (this.tasks.splice(this.tasks.indexOf(task), 1), {}),
      DescribeTasks: ({ tasks }) => ({ tasks: tasks.map((taskArn: string) => ({ taskArn, lastStatus: 'STOPPED' })) }),
    }
  }
}
