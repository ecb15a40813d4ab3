/*
 * The routes of the catalogue and of the Hub's live search by name and type. No state.
 */
import type { Catalogue, CatalogueItem, HubRepo, HubResults } from './protocol';
import type { Requests } from './requests';

export type RepoType = 'model' | 'dataset';

/** What the catalogue may be asked for; what is left out does not matter. */
export interface CatalogueQuery {
  type?: RepoType | '';
  task?: string;
  q?: string;
  license?: string;
  commercial?: 'yes' | 'no' | 'unclear' | '';
  gated?: boolean | null;
  fits?: boolean | null;
  sort?: 'relevance' | 'name' | 'size' | 'memory' | 'tokens';
}

export interface HubQuery {
  type: RepoType;
  q: string;
  persian: boolean;
  sort: 'downloads' | 'likes' | 'updated';
  limit?: number;
}

export function catalogueRoutes(ask: Requests) {
  return {
    search: (query: CatalogueQuery = {}) => ask.get<Catalogue>('catalog', { ...query }),
    get: (entry: string) => ask.get<CatalogueItem>(`catalog/${encodeURIComponent(entry)}`),
    hub: (query: HubQuery) => ask.get<HubResults>('hub/search', { ...query }),
    repo: (type: RepoType, repo: string) =>
      ask.get<HubRepo>('hub/repo', { repo_id: repo, type })
  };
}
