/**
 * The chat page: the conversations beside the one that is open. The place holds which one, so that
 * it is the same after a reload; `query.model` begins a new one with that model.
 */
import * as React from 'react';

import { ChatView } from './chat/ChatView';
import { ConversationList } from './chat/ConversationList';
import { Button } from '../components/basics';
import { Empty, Loadable, Skeleton } from '../components/states';
import { useApp, useLive } from '../hooks';
import { writes } from '../state/tasks';

/** Presses here do not put the list away. */
const OVER_THE_THREAD = '.pai-conversations, .pai-list-toggle, dialog';

/** See the module's comment. */
export function Chat(): React.JSX.Element {
  const { core, t, route, go } = useApp();
  const models = useLive(core.models());
  const [listShown, setListShown] = React.useState(false);
  const root = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (!listShown) {
      return;
    }
    // In a narrow tab the list lies over the conversation: a press beside it puts it away.
    const beside = ({ target }: Event): void => {
      if (target instanceof Element && !target.closest(OVER_THE_THREAD)) {
        setListShown(false);
      }
    };
    const escape = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') {
        setListShown(false);
      }
    };
    const element = root.current;
    element?.addEventListener('pointerdown', beside);
    element?.addEventListener('keydown', escape);
    return () => {
      element?.removeEventListener('pointerdown', beside);
      element?.removeEventListener('keydown', escape);
    };
  }, [listShown]);
  return (
    <div className="pai-chat" ref={root} data-list={listShown || undefined}>
      <Loadable view={models} skeleton={<Skeleton height={320} />}>
        {({ items }) =>
          !items.some(writes) && route.id === undefined ? (
            <Empty
              icon="chat"
              title={t('chat.no_model')}
              action={
                <div className="pai-flow">
                  <Button
                    kind="primary"
                    icon="training"
                    onClick={() => go({ page: 'training', view: 'new' })}
                  >
                    {t('chat.train')}
                  </Button>
                  <Button onClick={() => go({ page: 'models', view: 'new' })}>
                    {t('chat.add_model')}
                  </Button>
                </div>
              }
            >
              {t('chat.no_model_help')}
            </Empty>
          ) : (
            <ChatView
              models={items.filter(writes)}
              onList={() => setListShown(!listShown)}
            />
          )
        }
      </Loadable>
      <ConversationList
        open={route.id ?? null}
        onOpen={(id, beside) => {
          setListShown(false);
          go(id === null ? { page: 'chat' } : { page: 'chat', id }, { beside });
        }}
      />
    </div>
  );
}
