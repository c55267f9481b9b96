import type { Catalogue } from '../../catalogue'
import type { agent as en } from '../en/agent'

export const agent: Catalogue<typeof en> = {
  loading: '에이전트 상태를 확인하는 중…',

  now: {
    title: '지금 상태',
    unknown: '에이전트 상태를 묻는 중…',
    asleep: '에이전트가 잠들어 있습니다. 돌아가는 머신이 없고, 다음 메시지에 깨어납니다.',
    postponed: '에이전트가 잠든 채 머신을 기다리고 있습니다. 저절로 다시 시도합니다.',
    waking: '에이전트가 깨어나고 있습니다.',
    ready: '에이전트가 깨어 있습니다.',
    working: '에이전트가 깨어 있고 답하는 중입니다.',
    stopping: '에이전트가 아는 것을 저장하고 잠드는 중입니다.',
    stale: '지금은 연결이 끊겨 있어, 마지막으로 확인한 상태를 보여 드립니다.',
    awakeSince: '머신 시작',
    since: (time: string, duration: string) => `${time} (${duration} 지남)`,
    nothing: '없음 (잠들어 있음)',
    waiting: '답을 기다리는 메시지',
    messages: (count: number) => (count === 0 ? '없음' : `${count}개`),
    model: '모델',
    noModel: '서버가 정한 모델',
    demo: '데모 모델',
    change: '설정에서 바꾸기',
    next: '다음에 일어날 일',
    sleepsAfter: (minutes: number) => `메시지가 ${minutes}분 동안 없으면 잠듭니다.`,
    sleepsBetween: (min: number, max: number) => `메시지가 ${min}~${max}분 동안 없으면 잠듭니다. 평소 잘 오지 않는 시간에는 더 일찍 잠듭니다.`,
    wakesByItself: '다음 메시지나 예약된 시각에 깨어납니다.',
    comesUp: '깨어나면 기다리던 메시지에 답합니다.',
    goesDown: '모두 저장하면 머신을 돌려줍니다.',
    wakingNote: '그동안 쓴 메시지는 저장되고 가장 먼저 답을 받습니다.',
  },

  steer: {
    title: '깨우기, 멈추기, 다시 시작',
    wake: '깨우기',
    wakeAbout: '잠들어 있을 때: 지금 깨워 두어 다음 메시지가 기다리지 않게 합니다.',
    waking: '에이전트를 깨우고 있습니다.',
    noMachine: '지금은 빈 머신이 없어 에이전트가 아직 잠들어 있습니다. 잠시 뒤에 다시 시도해 주세요. 기다리는 메시지가 있으면 저절로 다시 시도합니다.',
    stop: '멈추기',
    stopAbout: '깨어 있을 때: 쓰던 답을 마치고, 아는 것을 저장한 뒤 잠듭니다.',
    stopped: '에이전트에게 알렸습니다. 쓰던 답을 마치고 저장한 뒤 잠듭니다.',
    stopTitle: '답하는 중인데 멈출까요?',
    stopBody: (count: number) =>
      `메시지 ${count}개가 답을 기다리고 있습니다. 쓰던 답은 먼저 마칠 수 있고, 그래도 남은 메시지가 있으면 에이전트가 다시 깨어납니다. 잃는 것은 없습니다.`,
    restart: '다시 시작',
    restartAbout: '깨어 있을 때: 바로 새 머신으로 옮깁니다. 기억, 파일, 대화는 그대로 따라갑니다.',
    restarted: '에이전트가 새로 시작합니다.',
    restartTitle: '답하는 중인데 다시 시작할까요?',
    restartBody: (count: number) =>
      `쓰던 답이 끊기고 새 머신에서 처음부터 다시 씁니다. 메시지 ${count}개가 그 답을 기다립니다. 파일 작성처럼 에이전트가 이미 한 일은 그대로 남습니다. 메시지는 사라지지 않습니다.`,
    refused: {
      not_running: '지금은 깨어 있지 않아 멈출 것이 없습니다. 깨어나는 중이라면 다 깨어난 뒤에 멈출 수 있습니다.',
      unavailable: '지금은 에이전트에 닿지 못했습니다. 잃은 것은 없으니 잠시 뒤에 다시 시도해 주세요.',
    },
  },

  wakes: {
    title: '깨어난 기록',
    about: (count: number, median: string) => `보통 ${median} 만에 준비됩니다 (최근 ${count}번의 중앙값).`,
    one: (duration: string) => `지난번에는 ${duration} 만에 준비되었습니다.`,
    when: '시각',
    took: '준비까지',
    machine: '머신',
    underWay: '깨어나는 중',
    capacity: { spot: '스팟', onDemand: '온디맨드', spare: '대기 머신' },
    unknown: '알 수 없음',
    loading: '깨어난 기록을 불러오는 중…',
    none: '아직 깨어난 기록이 없습니다',
    noneAbout: '에이전트가 깨어날 때마다 걸린 시간과 함께 여기에 나타납니다.',
    all: (count: number) => `${count}개 모두 보기`,
  },
}
