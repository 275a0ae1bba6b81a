\set key random(1, 9000000000000000000)
SELECT charge(1, :key::text, 75000, 'gpt-5', 'chat');
