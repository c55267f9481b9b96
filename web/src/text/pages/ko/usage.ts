import type { Catalogue } from '../../catalogue'
import type { usage as en } from '../en/usage'

export const usage: Catalogue<typeof en> = {
  loading: '사용량을 불러오는 중…',

  totals: {
    title: '오늘과 이번 달',
    about: '날짜와 달은 AWS의 청구 기준인 UTC로 셉니다.',
    today: '오늘',
    month: (name: string) => name,
    what: '항목',
    messages: '답한 메시지',
    tokens: '읽은 토큰과 쓴 토큰',
    wakes: '깨어난 횟수',
    awake: '깨어 있던 시간',
    model: '모델',
    machine: '머신 (추정)',
    address: '공인 주소 (추정)',
    sum: '합계 (추정)',
    notKnown: '알 수 없음',
    unpriced: (count: number) => `이번 달 답변 ${count}개는 제공자가 가격을 알려 주지 않아 모델 비용에 들어 있지 않습니다.`,
  },

  prices: {
    title: '계산 방법',
    model: '모델 비용은 제공자가 청구했다고 알려 준 금액입니다.',
    machine: (region: string, day: string) =>
      `머신 비용은 추정치입니다. 깨어 있던 시간에 AWS의 ${region} 정가(${day} 확인)를 곱하고 공인 주소 비용을 더합니다. 요청, 저장, 전송 비용과 깨어날 때마다 드는 최소 1분의 비용은 들어 있지 않아 실제 청구액과 다를 수 있습니다.`,
    noMachine: '머신의 크기를 알 수 없어 머신 비용은 추정하지 못합니다.',
    kept: '숫자는 400일 동안 보관합니다.',
  },

  range: {
    label: '기간',
    days: (count: number) => `${count}일`,
    month: '달',
    choose: '달 고르기…',
    empty: '이 기간에는 사용한 것이 없습니다',
    emptyAbout: '에이전트가 무언가에 답하면 메시지, 토큰, 시간, 비용이 날마다 여기에 나타납니다.',
  },

  charts: {
    messages: { title: '채널별 메시지', web: '페이지', telegram: '텔레그램', schedule: '예약' },
    tokens: { title: '토큰', input: '읽음', output: '씀' },
    awake: { title: '깨어 있던 시간', spot: '스팟', onDemand: '온디맨드' },
    cost: {
      title: '비용',
      about: '모델은 제공자가 청구한 금액이고, 머신과 주소는 추정치입니다.',
      aboutModel: '제공자가 청구한 모델 비용입니다.',
      model: '모델',
      machine: '머신 (추정)',
      address: '주소 (추정)',
    },
    total: (sum: string) => `모두 ${sum}`,
    sum: '합계',
    day: '날짜',
    asTable: '표로 보기',
    asChart: '차트로 보기',
    pick: (title: string) => `날짜별 ${title}`,
    told: (day: string, total: string, parts: string) => `${day}: ${total}. ${parts}`,
    part: (name: string, value: string) => `${name} ${value}`,
  },

  cap: {
    title: '지출 한도',
    about: '모델 비용과 추정 머신 비용을 더해 에이전트가 한 달에 쓸 수 있는 최대 금액입니다.',
    none: '정해 둔 한도가 없습니다.',
    meter: '이번 달 한도에서 쓴 금액',
    spent: (spent: string, cap: string) => `${cap} 중 ${spent}`,
    resets: (day: string) => `${day}에 새로 시작합니다.`,
    effect:
      '한도에 이르면 어느 채널에서든 새 메시지를 받지 않고, 예약은 건너뛰며, 에이전트를 깨우지 않습니다. 하던 일은 멈추지 않으므로 조금 더 쓸 수 있습니다. 잃는 것은 없고, 언제든 여기에서 한도를 올리거나 없앨 수 있습니다.',
    near: (percent: number) => `이번 달 한도의 ${percent}%를 썼습니다.`,
    reached: '이번 달 한도에 이르러 새 메시지를 받지 않습니다. 한도를 올리거나 없애면 이어서 쓸 수 있고, 잃은 것은 없습니다.',
    reachedForAll: (day: string) => `서버 운영자가 정한 한 달 한도에 이르러 ${day}까지 새 메시지를 받지 않습니다. 잃은 것은 없습니다.`,
    most: (most: string) => `서버 운영자가 에이전트의 한 달 비용을 최대 ${most}까지로 정했습니다. 더 낮은 한도를 정할 수 있습니다.`,
    set: '한도 정하기',
    change: '바꾸기',
    remove: '없애기',
    removed: '이제 한도가 없습니다.',
    saved: '한도를 저장했습니다.',
    field: '한 달 금액 (미국 달러)',
    hint: (most: string) => `0부터 ${most}까지, 소수점 아래 두 자리까지 쓸 수 있습니다. 0이면 비용이 드는 일을 하지 않습니다.`,
    problem: (most: string) => `12.50처럼 0부터 ${most}까지의 금액을 소수점 아래 두 자리까지 적어 주세요.`,
    below: (spent: string) => `이번 달에 이미 ${spent}를 써서 새 메시지를 바로 받지 않게 됩니다.`,
    removeTitle: '한도를 없앨까요?',
    removeBody: '그러면 쓰는 만큼 비용이 듭니다. 다른 것은 바뀌지 않습니다.',
    removeBodyMost: (most: string) => `그러면 서버 운영자가 정한 한 달 ${most}의 한도만 남습니다. 다른 것은 바뀌지 않습니다.`,
  },
}
