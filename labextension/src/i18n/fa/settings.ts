/** The settings page. */
const fa = {
  title: 'تنظیمات',
  sentence: 'این‌ها برای شما و در همهٔ برگه‌ها و نوت‌بوک‌هاست و همان دم به کار می‌افتد.',
  appearance: 'نمایش',
  language: 'زبان',
  language_help: 'زبان و جهت صفحه‌های ما؛ خود ژوپیتر تغییر نمی‌کند.',
  language_fa: 'فارسی',
  language_en: 'English',
  digits: 'رقم‌ها',
  digits_help: 'رقم‌های متن؛ عددهای علمی، کد و محورها لاتین می‌مانند.',
  digits_persian: 'فارسی (۱۲۳)',
  digits_latin: 'لاتین (123)',
  digits_english: 'با زبان انگلیسی، رقم‌ها همیشه لاتین‌اند.',
  example: 'نمونه: {text}',
  work: 'کارها',
  notify: 'اعلان در پایان کارها',
  notify_help: 'وقتی کاری پایان یابد، بشکند یا خودبه‌خود ادامه یابد.',
  concurrent: 'کارهای هم‌زمان',
  concurrent_help:
    'چند آموزش با هم اجرا شوند؛ بقیه در صف می‌مانند. روی یک پردازنده، یکی از همه زودتر می‌رسد.',
  concurrent_range: 'از {min} تا {max}',
  fewer: 'یکی کمتر',
  more: 'یکی بیشتر',
  saving: 'در حال ذخیره…',
  saved: 'ذخیره شد',
  about: 'دربارهٔ این سرویس',
  version: 'نسخه',
  user: 'کاربر',
  docs: 'مستندات API',
  docs_open: 'باز کردن'
};

export default fa;
