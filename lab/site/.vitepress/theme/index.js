import DefaultTheme from 'vitepress/theme-without-fonts';
import { INDEX_OPTIONS, SEARCH_OPTIONS } from '../../search-options.mjs';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ siteData }) {
    const { search } = siteData.value.themeConfig;
    if (search !== undefined) search.options.miniSearch = { options: INDEX_OPTIONS, searchOptions: SEARCH_OPTIONS };
  },
};
