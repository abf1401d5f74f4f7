-- Coordinates of an R-Tree (dialect/rtree.cpp): 32 bits, as rtree.c rounds them.

-- (float)x, whatever its size.
CREATE OR REPLACE FUNCTION howdah.rtree_float(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN abs(x) >= 3.4028235677973366e38 THEN sign(x) * 'Infinity'::float8
              WHEN abs(x) <= 7.006492321624085e-46 THEN 0::float8
              ELSE x::float4::float8 END $$;
-- Never above x: a minimum.
CREATE OR REPLACE FUNCTION howdah.rtree_down(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN 0::float8
              WHEN howdah.rtree_float(x) > x
              THEN howdah.rtree_float(x * (1 + CASE WHEN x < 0 THEN 1 ELSE -1 END / 8388608::float8))
              ELSE howdah.rtree_float(x) END $$;
-- Never below x: a maximum.
CREATE OR REPLACE FUNCTION howdah.rtree_up(x float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN 0::float8
              WHEN howdah.rtree_float(x) < x
              THEN howdah.rtree_float(x * (1 + CASE WHEN x < 0 THEN -1 ELSE 1 END / 8388608::float8))
              ELSE howdah.rtree_float(x) END $$;
-- The low 32 bits.
CREATE OR REPLACE FUNCTION howdah.rtree_int(x int8) RETURNS int8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x IS NULL THEN 0 ELSE (x << 32) >> 32 END $$;
