/** 한국어. The shape is that of `en`; like it, it imports nothing but types. */
import type { Catalogue } from './catalogue'
import type { en } from './en'

const minutes = (seconds: number): string => `약 ${Math.round(seconds / 60)}분`

export const ko: Catalogue<typeof en> = {
  product: 'OpenClaw',
  tagline: '나만의 에이전트. 내가 쉴 때 함께 잠듭니다.',
  opening: '여는 중…',

  signIn: {
    title: '에이전트가 기다리고 있어요',
    body: '기억과 파일을 간직한 채 필요 없을 때는 잠들고, 첫 메시지에 깨어납니다.',
    action: '로그인',
    ended: '세션이 끝났습니다. 다시 로그인하면 이어서 쓸 수 있고, 보낸 내용은 그대로 있습니다.',
    failed: '로그인하지 못했습니다. 다시 시도해 주세요.',
    unreachable: '로그인 서비스에 연결할 수 없습니다. 연결을 확인하고 다시 시도해 주세요.',
    away: {
      title: 'OpenClaw에 연결할 수 없어요',
      body: '대화와 에이전트는 서버에 안전하게 있지만, 서버가 응답할 때까지는 보여 드릴 수 없습니다. 연결되면 이 페이지가 저절로 이어집니다.',
      action: '지금 시도',
    },
  },

  nav: {
    label: '대화',
    open: '대화 목록 보기',
    close: '대화 목록 닫기',
    create: '새 대화',
    search: '검색',
    main: '첫 대화',
    untitled: '제목 없는 대화',
    empty: '대화가 여기에 나타납니다.',
    loading: '대화 목록을 불러오는 중…',
    failed: '목록을 불러오지 못했습니다.',
    loadingMore: '더 불러오는 중…',
    moreFailed: '나머지 목록을 불러오지 못했습니다.',
    groups: { today: '오늘', yesterday: '어제', week: '지난 7일', earlier: '이전' },
    unread: '읽지 않음',
    channels: { telegram: '텔레그램', schedule: '예약' },
    more: (title: string) => `${title} 대화 메뉴`,
    account: (name: string) => `계정: ${name}`,
    signOut: '로그아웃',
    skip: '메시지 입력란으로 건너뛰기',
    skipToPage: '본문으로 건너뛰기',
    places: '에이전트와 설정',
    agent: '내 에이전트',
    settings: '설정',
    tab: (title: string, unread: number) => `${unread > 0 ? `(${unread}) ` : ''}${title} · OpenClaw`,
  },

  agent: {
    unknown: '확인 중…',
    asleep: '잠듦',
    waking: '깨어나는 중',
    ready: '준비됨',
    working: '작업 중',
    stopping: '잠드는 중',
    moving: '옮기는 중',
    offline: '오프라인',
    reconnecting: '다시 연결 중',
    label: '에이전트 상태:',
  },

  waking: {
    title: '에이전트를 깨우는 중',
    stages: {
      provisioning: '머신 찾기',
      startingGateway: '게이트웨이 시작',
      connecting: '에이전트에 연결',
      ready: '준비됨',
    },
    restoring: '기억을 되살리는 중',
    kept: '메시지는 저장되었고 가장 먼저 답을 받습니다.',
    left: (seconds: number) => (seconds > 90 ? `${minutes(seconds)} 남음` : `약 ${seconds}초 남음`),
    late: '평소보다 오래 걸리고 있습니다',
    unknown: '보통 1분 안에 깨어납니다',
    postponed: '머신을 기다리는 중',
    nextTry: (seconds: number) => (seconds > 90 ? `${minutes(seconds)} 뒤에 다시 시도` : `약 ${seconds}초 뒤에 다시 시도`),
    trying: '곧 다시 시도합니다',
    progress: (stage: string, left: string) => `${stage}, ${left}`,
  },

  link: {
    reconnecting: '연결이 끊겼습니다. 다시 연결하는 중이며, 보낸 내용은 여기에 보관했다가 한 번만 보냅니다.',
    retry: '지금 시도',
    signedOut: '세션이 끝났습니다.',
    signIn: '다시 로그인',
  },

  demo: '내장된 데모 모델이 답합니다. ANTHROPIC_API_KEY 또는 OPENAI_API_KEY를 설정하고 다시 시작하세요.',

  empty: {
    title: '무엇을 해 볼까요?',
    asleep: '에이전트가 잠들어 있습니다. 첫 메시지에 깨어나며, 1분이 채 걸리지 않습니다.',
    awake: '에이전트가 깨어 있습니다.',
    suggestionsLabel: '추천',
    suggestions: [
      '무엇을 도와줄 수 있어?',
      '어떻게 깨어나고 다시 잠들어?',
      '내일 오전에 집중할 세 시간을 계획해 줘',
      '두 가지 선택지를 표로 비교하고 하나를 추천해 줘',
    ],
    demoSuggestions: ['What are you?', 'How does this work?', 'What does it cost in the cloud?', 'How do I set a provider key?'],
  },

  composer: {
    label: '메시지',
    placeholder: '에이전트에게 메시지 보내기',
    send: '메시지 보내기',
    stop: '답변 멈추기',
    hint: 'Enter로 보내고 Shift + Enter로 줄을 바꾸며 ↑로 마지막 메시지를 고칩니다',
    editing: '메시지를 고치는 중입니다. 보내면 다시 묻고, 이미 받은 답은 그대로 남습니다.',
    leaveEditing: '취소',
    tooLong: (bytes: number, limit: number) =>
      `메시지가 너무 깁니다: ${Math.ceil(bytes / 1024)} KB (최대 ${limit / 1024} KB). 줄이거나 나누어 보내 주세요.`,
  },

  attachments: {
    label: '첨부 파일',
    add: '파일 첨부',
    drop: '여기에 놓으면 첨부됩니다',
    sending: (name: string) => `${name} 보내는 중`,
    remove: (name: string) => `${name} 빼기`,
    retry: (name: string) => `${name} 다시 보내기`,
    waiting: '파일이 도착하는 대로 메시지를 보냅니다.',
    failed: '보내지 못한 파일이 있습니다. 다시 보내거나 빼 주세요.',
    offline: '파일을 보내려면 연결이 필요합니다. 연결되면 이어서 보냅니다.',
    refused: '파일을 받지 않았습니다. 다시 보내 주세요.',
    refusedTooLarge: '파일이 너무 큽니다.',
    tooLarge: (name: string, size: string, limit: string) => `${name} 파일이 너무 큽니다: ${size} (최대 ${limit}).`,
    tooMany: (limit: number) => `메시지 하나에 파일을 최대 ${limit}개까지 붙일 수 있습니다. 나머지는 다음 메시지에 보내 주세요.`,
  },

  turn: {
    you: '나',
    agent: '에이전트',
    system: '시스템',
    sending: '보내는 중…',
    kept: '아직 보내지 않았습니다. 연결되면 보냅니다.',
    thinking: '생각하는 중…',
    ahead: (count: number) => `앞에 있는 메시지 ${count}개에 먼저 답합니다.`,
    next: '다음 차례입니다.',
    saved: '메시지가 저장되었습니다.',
    retrying: '한 번에 되지 않아 다시 시도하는 중…',
    napping: '에이전트가 잠드는 중이며, 이 메시지를 위해 다시 깨어납니다.',
    asleep: '메시지가 저장되었습니다. 에이전트가 곧 깨어납니다.',
    interrupted: '중단되었습니다. 새 머신에서 이어집니다.',
    moving: '새 머신을 기다리는 중…',
    stopping: '멈추는 중…',
    empty: '에이전트가 아무것도 쓰지 않고 마쳤습니다.',
    retry: '다시 시도',
    askedAgain: '다시 보냄',
    copy: '답변 복사',
    copyOwn: '메시지 복사',
    askAnew: '고쳐서 다시 묻기',
    takeBack: '거두어 고치기',
    copied: '복사됨',
    refused: '메시지를 보내지 못했습니다.',
    dead: '여러 번 시도했지만 에이전트가 답하지 못했습니다.',
    incomplete: '답변의 나머지를 불러오지 못했습니다.',
    outcome: {
      cancelled: '답변을 멈추었습니다.',
      truncated: '답변이 끝나기 전에 중단되었습니다.',
      failed: '답변이 끝나기 전에 실패했습니다.',
    },
    via: (channel: string) => `${channel}에서`,
    fromSystem: '알림',
  },

  tools: {
    label: '단계',
    states: { start: '진행 중', end: '완료', error: '실패' },
    working: (step: number) => `${step}단계`,
    count: (total: number, failed: number) => `${total}단계${failed ? `, ${failed}개 실패` : ''}`,
  },

  thread: {
    label: '대화 내용',
    older: '이전 메시지 보기',
    loading: '대화를 불러오는 중…',
    latest: '최근 메시지로 가기',
    reload: '다시 시도',
    dismiss: '닫기',
  },

  say: {
    replying: '에이전트가 답하고 있습니다.',
    finished: '답변이 끝났습니다.',
    waking: (stage: string) => `에이전트를 깨우는 중: ${stage}.`,
    queued: '메시지가 저장되었습니다.',
    kept: '오프라인입니다. 메시지를 보관했다가 보냅니다.',
  },

  code: { copy: '코드 복사', copied: '복사됨' },
  image: (alt: string) => (alt ? `불러오지 않은 이미지: ${alt}` : '불러오지 않은 이미지'),

  errors: {
    network: '서버에 연결할 수 없습니다. 연결을 확인해 주세요.',
    signedOut: '세션이 끝났습니다. 다시 로그인해 주세요.',
    server: '서버에 문제가 생겼습니다. 잠시 뒤에 다시 시도해 주세요.',
    busy: '요청이 너무 많습니다. 잠시 뒤에 다시 시도해 주세요.',
    unknown: '문제가 생겼습니다. 다시 시도해 주세요.',
    config: '서버가 응답하지 않아 페이지를 준비하지 못했습니다.',
    crashed: '페이지에 문제가 생겼습니다. 새로고침해 주세요. 대화는 서버에 안전하게 있습니다.',
    reload: '새로고침',
  },
}
