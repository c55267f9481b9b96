import assert from 'node:assert/strict'
import { list, statements } from '../policies.ts'
import { sure } from '../sure.ts'
import type { Json, Templates } from '../templates.ts'
import { every, none, type Promise } from './promise.ts'

const functions = (all: Templates) => all.all('AWS::Lambda::Function')
const EVERYTHING = { telegram: 'on', prewarmSpares: '2' }
const EXPRESSION = /^(rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\(\S+( \S+){5}\))$/

const ASYNC = ['prewarm', 'scheduledmessage', 'watchdog']

export const FUNCTIONS: readonly Promise[] = [
  {
    says: 'functions are Rust programs on ARM64, outside any network',
    with: EVERYTHING,
    holds: (all) => {
      assert.equal(functions(all).length, 8)
      every(functions(all), ({ properties }) => assert.deepEqual([properties.Runtime, properties.Architectures, properties.VpcConfig], ['provided.al2023', ['arm64'], undefined]))
    },
    breaks: (all) => { functions(all)[0]!.properties.Architectures = ['x86_64'] },
  },
  {
    says: 'functions log JSON, each into a log of its own',
    holds: (all) => {
      every(functions(all), ({ properties }) => assert.equal(properties.LoggingConfig.LogFormat, 'JSON'))
      assert.equal(new Set(functions(all).map(({ properties }) => all.said(properties.LoggingConfig.LogGroup))).size, functions(all).length)
    },
    breaks: (all) => { functions(all)[1]!.properties.LoggingConfig.LogFormat = 'Text' },
  },
  {
    says: 'every log ends after the operator\'s days',
    with: { ...EVERYTHING, logDays: '30' },
    holds: (all) => every(all.all('AWS::Logs::LogGroup'), ({ properties }) => assert.equal(properties.RetentionInDays, 30)),
    breaks: (all) => { delete all.one('AWS::Logs::LogGroup', 'apiLog').properties.RetentionInDays },
  },
  {
    says: 'each function has a role of its own',
    with: EVERYTHING,
    holds: (all) => assert.equal(new Set(functions(all).map(({ properties }) => all.said(properties.Role))).size, 8),
    breaks: (all) => { functions(all)[0]!.properties.Role = functions(all)[1]!.properties.Role },
  },
  {
    says: 'no function waits for calls at a price',
    holds: (all) => {
      none(all, 'AWS::Lambda::Alias', 'AWS::Lambda::Version')
      every(functions(all), ({ properties }) => assert.equal(properties.ReservedConcurrentExecutions, undefined))
    },
    breaks: (all) => all.add('api', 'Warm', 'AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }),
  },
  {
    says: 'what a function fails on for good is kept for 14 days',
    with: EVERYTHING,
    holds: (all) => {
      const retried = all.all('AWS::Lambda::EventInvokeConfig').map(({ properties }) => {
        assert.deepEqual([properties.MaximumRetryAttempts, properties.MaximumEventAgeInSeconds], [2, 21_600])
        return all.said(properties.DestinationConfig.OnFailure.Destination).replace('FailedQueue.Arn', '')
      })
      assert.deepEqual(retried.toSorted(), ASYNC)
      every(all.all('AWS::SQS::Queue'), ({ properties }) => assert.equal(properties.MessageRetentionPeriod, 1_209_600))
    },
    breaks: (all) => all.remove(all.one('AWS::Lambda::EventInvokeConfig', 'scheduledmessage')),
  },
  {
    says: 'the watchdog hears of tasks in our cluster alone, and no event of them is lost',
    holds: (all) => {
      const { properties } = all.one('AWS::Events::Rule')
      const { source, 'detail-type': kind, detail } = properties.EventPattern
      assert.deepEqual([source, kind, all.resolved(detail)], [['aws.ecs'], ['ECS Task State Change'], { clusterArn: ['Cluster.Arn'], desiredStatus: ['STOPPED'] }])
      assert.equal(all.said(properties.Targets[0].DeadLetterConfig.Arn), 'watchdogFailedQueue.Arn')
      const queue = all.all('AWS::SQS::QueuePolicy').find(({ id }) => id.startsWith('watchdog'))!
      sure(statements(queue).some(({ Principal }) => Principal.Service === 'events.amazonaws.com'))
    },
    breaks: (all) => { delete all.one('AWS::Events::Rule').properties.EventPattern.detail.clusterArn },
  },
  {
    says: 'the watchdog looks every minute, and a schedule\'s words are right',
    holds: (all) => {
      every(all.all('AWS::Scheduler::Schedule'), ({ properties }) => {
        assert.match(properties.ScheduleExpression, EXPRESSION)
        assert.deepEqual(JSON.parse(properties.Target.Input), { 'detail-type': 'Scheduled Event' })
        sure(properties.Target.DeadLetterConfig)
      })
      assert.equal(all.one('AWS::Scheduler::Schedule', 'Tickwatchdog').properties.ScheduleExpression, 'rate(1 minute)')
    },
    breaks: (all) => { all.one('AWS::Scheduler::Schedule', 'Tickwatchdog').properties.ScheduleExpression = 'rate(5 minute)' },
  },
  {
    says: 'the watchdog looks as rarely as the operator asks, and spares are still looked after every minute',
    with: { watchdogMinutes: '5', prewarmSpares: '1' },
    holds: (all) => {
      const rates = ['Tickwatchdog', 'Tickprewarm'].map((id) => all.one('AWS::Scheduler::Schedule', id).properties.ScheduleExpression)
      assert.deepEqual(rates, ['rate(5 minutes)', 'rate(1 minute)'])
    },
    breaks: (all) => { all.one('AWS::Scheduler::Schedule', 'Tickprewarm').properties.ScheduleExpression = 'rate(5 minutes)' },
  },
  {
    says: 'without spares nothing keeps them: no function, no schedule, no rule',
    holds: (all) => sure(!all.all().some(({ id }) => /prewarm/i.test(id))),
    breaks: (all) => all.add('api', 'Tickprewarm', 'AWS::Scheduler::Schedule'),
  },
  {
    says: 'with spares a function keeps them, by the operator\'s hours',
    with: { prewarmSpares: '2', prewarmWindows: 'Mon-Fri 08:00-18:00', prewarmTimeZone: 'Asia/Seoul' },
    holds: (all) => {
      const { Variables } = all.one('AWS::Lambda::Function', 'prewarm').properties.Environment
      assert.deepEqual([Variables.PREWARM_SPARES, Variables.PREWARM_WINDOWS, Variables.PREWARM_TIME_ZONE], ['2', 'Mon-Fri 08:00-18:00', 'Asia/Seoul'])
      assert.equal(all.all('AWS::Scheduler::Schedule').length, 2)
      assert.equal(all.all('AWS::Events::Rule').length, 2)
    },
    breaks: (all) => all.remove(all.one('AWS::Scheduler::Schedule', 'Tickprewarm')),
  },
  {
    says: 'who launches may launch our tasks in our cluster only, and hand on no other role',
    with: EVERYTHING,
    holds: (all) => {
      const allowed = all.all('AWS::IAM::Policy').flatMap(statements)
      const of = (action: string) => allowed.filter(({ Action }) => list(Action).includes(action))
      every(of('ecs:RunTask'), (one: Json) => assert.deepEqual(all.resolved(one.Condition), { ArnEquals: { 'ecs:cluster': 'Cluster.Arn' } }))
      every(of('ecs:RunTask'), (one: Json) => assert.match(all.said(one.Resource), /:task-definition\/openclaw:\*$/))
      every(of('iam:PassRole'), (one: Json) => assert.match(one.Condition.StringEquals['iam:PassedToService'], /^(ecs-tasks|scheduler)\.amazonaws\.com$/))
    },
    breaks: (all) => {
      const allowed = all.all('AWS::IAM::Policy').flatMap(statements)
      delete allowed.find(({ Action }) => list(Action).includes('ecs:RunTask'))!.Condition
    },
  },
  {
    says: 'the scheduler takes on its roles for our groups only',
    with: EVERYTHING,
    holds: (all) => every(all.all('AWS::IAM::Role').filter(({ properties }) => list<Json>(properties.AssumeRolePolicyDocument.Statement)[0].Principal.Service === 'scheduler.amazonaws.com'), ({ properties }) => {
      const { StringEquals } = properties.AssumeRolePolicyDocument.Statement[0].Condition
      assert.match(all.said(StringEquals['aws:SourceArn']), /^arn:aws:scheduler:\{region\}:\{account\}:schedule-group\/(openclaw|default)$/)
      assert.equal(all.said(StringEquals['aws:SourceAccount']), '{account}')
    }),
    breaks: (all) => { all.one('AWS::IAM::Role', 'UserSchedulesRole').properties.AssumeRolePolicyDocument.Statement[0].Condition.StringEquals['aws:SourceArn'] = '*' },
  },
  {
    says: 'users\' schedules are in a group of their own, and ring by a role that can do nothing else',
    holds: (all) => {
      assert.equal(all.one('AWS::Scheduler::ScheduleGroup').properties.Name, 'openclaw')
      const rings = statements(all.one('AWS::IAM::Policy', 'UserSchedulesRole'))
      assert.deepEqual(rings.map(({ Action }) => Action), ['lambda:InvokeFunction'])
    },
    breaks: (all) => { statements(all.one('AWS::IAM::Policy', 'UserSchedulesRole'))[0].Action = 'lambda:*' },
  },
  {
    says: 'users\' schedules outlive what rings: they are beside the tables',
    holds: (all) => {
      const lasting = [all.one('AWS::Scheduler::ScheduleGroup'), all.one('AWS::IAM::Role', 'UserSchedulesRole'), all.one('AWS::IAM::Policy', 'UserSchedulesRole')]
      assert.deepEqual(lasting.map(({ stack }) => stack), ['storage', 'storage', 'storage'])
    },
    breaks: (all) => {
      const group = all.one('AWS::Scheduler::ScheduleGroup')
      all.remove(group)
      all.add('api', group.id, group.type, group.properties)
    },
  },
]
