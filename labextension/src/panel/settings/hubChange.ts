/*
 * Changing the way to the Hub from any page.
 */
import { useAction, useApp, type Action } from '../../hooks';
import type { HubSettingsPatch } from '../../protocol';

/** Sends a change of the way to the Hub; what the service answers is shown everywhere. */
export function useHubChange(): Action<[HubSettingsPatch]> {
  const { core } = useApp();
  return useAction(async (change: HubSettingsPatch) => {
    const settings = await core.api.hub.change(change);
    core.hub().update(() => settings);
  });
}
