import type { Catalogue } from '../../catalogue'
import type { common as en } from '../en/common'

export const common: Catalogue<typeof en> = {
  loading: '불러오는 중…',
  cancel: '취소',
  save: '저장',
  saved: '저장했습니다.',
  remove: '삭제',
  more: '더 보기',
  places: {
    agent: '내 에이전트',
    status: '상태',
    files: '파일',
    skills: '스킬',
    schedules: '예약',
    snapshots: '스냅샷',
    telegram: '텔레그램',
    usage: '사용량',
    settings: '설정',
    choices: '환경설정',
    data: '내 데이터',
  },
}
