\set agent random(1, :agents)
\set key random(1, 9000000000000000000)
SELECT charge(:agent, :key::text, 75000, 'gpt-5', 'chat');
