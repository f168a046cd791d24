-- Text is compared in one form: whatever its case, accents, Unicode form, width, apostrophes and dashes. The program has
-- the same functions in base/fold.ts. They are plpgsql, which keeps the plan of its expressions for the session, and name
-- nothing but what PostgreSQL itself has.

-- What two texts share that differ in case or Unicode form alone. ASCII, the common case, is told by its length.
create function caseless_text(input text) returns text language plpgsql immutable parallel safe as $$
begin
  if octet_length(input) = length(input) then return lower(input); end if;
  return normalize(translate(lower(translate(normalize(input, NFC), 'İ', 'i')), 'ς', 'σ'), NFC);
end $$;

create function folded_text(input text) returns text language plpgsql immutable parallel safe as $$
begin
  if octet_length(input) = length(input) then return translate(lower(input), '`', ''''); end if;
  return normalize(
    replace(replace(replace(replace(
      translate(
        lower(
          regexp_replace(
            normalize(
              translate(input,
                '`´‘’‚‛′‵ʹʻʼʽˈꞌ＇“”„‟″«»＂‐‑‒–—―−⁃﹘﹣－' || U&'\00AD\200B\200C\200D\200E\200F\2060\FEFF',
                repeat('''', 15) || repeat('"', 8) || repeat('-', 11)),
              NFKD),
            '[\u0300-\u036f\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g')),
        'ıøłđðħς', 'iolddhσ'),
      'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'),
    NFKC);
end $$;

-- The digits of a telephone number, by which two are compared; those of other scripts count too.
create function phone_digits(phone text) returns text language plpgsql immutable parallel safe as $$
begin
  if octet_length(phone) = length(phone) then return regexp_replace(phone, '[^0-9]', '', 'g'); end if;
  return regexp_replace(
    translate(phone, '０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', '012345678901234567890123456789'), '[^0-9]', '', 'g');
end $$;

-- Tags, for an index of them.
create function caseless_tags(tags text[]) returns text[] language sql immutable parallel safe
  return (select array_agg(caseless_text(tag)) from unnest(tags) tag);

-- Leads as they are searched: as lead_words of migration 0053, folded. In SQL, whose names are resolved now: an index is
-- made and analyzed under a search path that has none of ours.
create function lead_search_text(first_name text, last_name text, email text, phone text, notes text)
returns text language sql immutable parallel safe
return folded_text(
  ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(email, '') || ' '
  || coalesce(phone, '') || ' ' || coalesce(phone_digits(phone), '') || ' ' || coalesce(left(notes, 2000), ''));
