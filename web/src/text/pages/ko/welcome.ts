import type { Catalogue } from '../../catalogue'
import type { welcome as en } from '../en/welcome'

export const welcome: Catalogue<typeof en> = {
  label: '사용 안내',
  title: '환영합니다',
  lead: '이제 나만의 에이전트가 생겼어요. 쓰기 전에 세 가지만 알아 두세요.',
  steps: [
    {
      title: '잠들어 있다가 깨어납니다',
      body: '첫 메시지를 보내면 1분쯤 뒤에 깨어납니다. 한동안 조용하면 다시 잠들고, 잠든 동안에는 비용이 들지 않습니다.',
    },
    {
      title: '기억합니다',
      body: '잠들기 전에 기억과 파일을 저장하고, 깨어나면 그대로 이어 갑니다. 언제든 살펴보고 내려받거나 삭제할 수 있어요.',
    },
    {
      title: '나만의 것입니다',
      body: '전용 머신에서 실행되며 다른 사람의 에이전트와 아무것도 나누지 않습니다. 쓴 내용은 에이전트와, 대신 답하는 AI 모델에만 전해집니다.',
    },
  ],
  telegram: '텔레그램에서도 이야기할 수 있어요.',
  connect: '텔레그램 연결하기',
  dismiss: '알겠어요',
}
