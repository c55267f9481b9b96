import type { Catalogue } from '../../catalogue'
import type { snapshots as en } from '../en/snapshots'

export const snapshots: Catalogue<typeof en> = {
  loading: '스냅샷을 불러오는 중…',

  list: {
    title: '에이전트의 기억',
    about:
      '스냅샷에는 한 순간에 에이전트가 알던 모든 것, 곧 기억과 대화 세션과 파일이 담깁니다. 바뀐 것이 있으면 몇 분마다, 잠들 때, 그리고 요청할 때 만듭니다.',
    kept: '스냅샷이 있는 시간, 날, 주마다 가장 새것을 시간별 24개, 날짜별 7개, 주별 4개까지 보관합니다. 에이전트가 딛고 있는 스냅샷은 언제나 남습니다.',
    none: '아직 스냅샷이 없습니다',
    noneAbout: '에이전트가 무언가 하고 몇 분 뒤, 또는 잠들 때 첫 스냅샷을 만듭니다. 그 뒤로 시간별 24개, 날짜별 7개, 주별 4개를 보관합니다.',
    today: '오늘',
    yesterday: '어제',
    reasons: { periodic: '자동으로 저장', stop: '잠들 때 저장', requested: '요청해서 저장' },
    newest: '최신',
    files: (count: number) => `파일 ${count.toLocaleString('ko')}개`,
    added: (size: string) => `${size} 추가`,
    restore: '되돌리기…',
    restoreOf: (time: string) => `${time} 스냅샷 되돌리기`,
    gone: '이 스냅샷은 자리를 비우느라 지워져 더는 없습니다. 목록을 다시 읽습니다.',
  },

  save: {
    action: '지금 저장',
    saving: '답하는 중이 아닐 때 곧바로 에이전트가 아는 것을 저장합니다. 그러면 스냅샷이 여기에 나타납니다.',
    starting: '에이전트가 저장된 상태에서 시작하는 중이며, 새로운 것은 저절로 저장합니다.',
    stopping: '에이전트가 잠드는 중이며, 그러면서 모두 저장합니다.',
    asleep: (time: string) => `에이전트가 잠들어 있고 모두 저장되어 있습니다. 최신 스냅샷은 ${time}에 만들었습니다.`,
    nothing: '아직 저장할 것이 없습니다.',
    done: (time: string) => `${time}에 저장했습니다.`,
    slow: '아직 새 스냅샷이 없습니다. 최신 스냅샷 뒤로 바뀐 것이 없거나, 에이전트가 바빠서 조용해지는 대로 저장합니다.',
  },

  restore: {
    title: (time: string) => `${time} 스냅샷 되돌리기`,
    how: '어디에 되돌릴까요?',
    folder: '폴더에',
    folderAbout: '그때의 파일이 작업 공간의 새 폴더에 나타납니다. 다른 것은 바뀌지 않습니다.',
    place: '그 자리에',
    placeAbout: '에이전트가 그때의 상태로 돌아갑니다.',
    name: '폴더 이름',
    nameHint: (name: string) => `비워 두면 이름은 ${name}입니다.`,
    wakes: '잠들어 있으면 이를 위해 깨웁니다.',
    nameProblems: {
      tooLong: '이름이 너무 깁니다. 최대 100바이트이며, 한글로는 33자쯤입니다.',
      slash: '폴더 이름에는 빗금을 쓸 수 없습니다.',
      dot: '폴더 이름은 점으로 시작할 수 없습니다.',
      space: '폴더 이름의 앞뒤에는 공백을 둘 수 없습니다.',
      control: '이름에 보이지 않는 문자가 있습니다.',
    },
    placeSteps: [
      '쓰던 답을 마치거나, 나중에 다시 답합니다.',
      '지금 아는 것을 저장하고 멈춥니다.',
      '기억과 세션과 파일이 그때 그대로인 상태에서 다시 시작합니다.',
    ],
    placeStays: '그 뒤의 스냅샷도 이 목록에 남으므로 다시 앞으로 갈 수 있습니다. 대화에서 나눈 말은 그대로 읽을 수 있습니다.',
    doFolder: '폴더에 되돌리기',
    doPlace: '이 순간으로 돌아가기',
    asked: '되돌리기를 시작했습니다.',
    underWay: '다른 되돌리기가 진행 중입니다. 끝난 뒤에 다시 요청해 주세요.',
  },

  progress: {
    title: '되돌리기',
    folder: (time: string, folder: string) => `${time}의 파일을 ${folder} 폴더에 넣습니다.`,
    place: (time: string) => `에이전트가 ${time}의 상태로 돌아갑니다.`,
    aMoment: '더는 목록에 없는 시점',
    waits: {
      Idle: '에이전트가 잠들어 있어 이를 위해 깨우는 중입니다.',
      Starting: '에이전트가 시작하는 중이며, 시작하면서 되돌립니다.',
      Running: '에이전트가 되돌리는 중입니다.',
      Stopping: '에이전트가 멈추는 중이며, 다시 시작할 때 되돌립니다.',
    },
    doneFolder: (folder: string) => `완료: 파일이 ${folder} 폴더에 있습니다.`,
    donePlace: (time: string) => `완료: 에이전트가 ${time}의 상태로 돌아갔습니다.`,
    open: '파일 열기',
    failed: '되돌리지 못했습니다. 에이전트가 아는 것은 그대로입니다.',
  },
}
