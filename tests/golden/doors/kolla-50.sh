# lab: 2025.1 -> 2025.2, plan sha256:a5314ba6e7d0a07a378c410ad166bb3d2a8828651ec7507dd1ded2e453e5982f

# 1. 2025.2-prepare@cmp01+44: prepare on cmp01 .. cmp45 (safe to stop here)
#    what can be made ready for 2025.2 before the first change; nothing stops: safe in working hours
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0 STAIRLIFT_FOLDER=/srv/deploy/prepared-2025.2
/opt/kolla-2025.2/bin/kolla-ansible prechecks -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45
/opt/kolla-2025.2/bin/kolla-ansible pull -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/images.yml -e 'stairlift_image_tag=2025.2*' --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/scratch.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45
/opt/kolla-2025.2/bin/kolla-ansible genconfig -i /srv/deploy/multinode --configdir /etc/kolla -e node_config_directory=/var/lib/stairlift/kolla-config-2025.2 --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/difference.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45

# 2. 2025.2-prepare@ctl1+2: prepare on ctl1, ctl2, ctl3 (safe to stop here)
#    what can be made ready for 2025.2 before the first change; nothing stops: safe in working hours
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0 STAIRLIFT_FOLDER=/srv/deploy/prepared-2025.2
/opt/kolla-2025.2/bin/kolla-ansible prechecks -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3
/opt/kolla-2025.2/bin/kolla-ansible pull -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/images.yml -e 'stairlift_image_tag=2025.2*' --limit ctl1,ctl2,ctl3
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/scratch.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit ctl1,ctl2,ctl3
/opt/kolla-2025.2/bin/kolla-ansible genconfig -i /srv/deploy/multinode --configdir /etc/kolla -e node_config_directory=/var/lib/stairlift/kolla-config-2025.2 --limit ctl1,ctl2,ctl3
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/difference.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit ctl1,ctl2,ctl3

# 3. 2025.2-prepare@net1+1: prepare on net1, net2 (safe to stop here)
#    what can be made ready for 2025.2 before the first change; nothing stops: safe in working hours
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0 STAIRLIFT_FOLDER=/srv/deploy/prepared-2025.2
/opt/kolla-2025.2/bin/kolla-ansible prechecks -i /srv/deploy/multinode --configdir /etc/kolla --limit net1,net2
/opt/kolla-2025.2/bin/kolla-ansible pull -i /srv/deploy/multinode --configdir /etc/kolla --limit net1,net2
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/images.yml -e 'stairlift_image_tag=2025.2*' --limit net1,net2
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/scratch.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit net1,net2
/opt/kolla-2025.2/bin/kolla-ansible genconfig -i /srv/deploy/multinode --configdir /etc/kolla -e node_config_directory=/var/lib/stairlift/kolla-config-2025.2 --limit net1,net2
/opt/kolla-2025.2/bin/kolla-ansible check -i /srv/deploy/multinode --configdir /etc/kolla -p /opt/stairlift/kolla/difference.yml -e stairlift_scratch=/var/lib/stairlift/kolla-config-2025.2 --limit net1,net2

# 4. 2025.2-approve-infra: approve (safe to stop here)
#    what the whole cloud stands on changes next: proxysql, haproxy, keepalived, mariadb, memcached, rabbitmq, openvswitch
: 'a person approves what follows'

# 5. 2025.2-infra-proxysql@net1+1: upgrade on net1, net2 (safe to stop here)
#    what the whole cloud stands on, through kolla-ansible
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit net1,net2 --tags loadbalancer

# 6. 2025.2-infra-mariadb@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    what the whole cloud stands on, through kolla-ansible; keepalived precedes mariadb: all others are reached through the load balancers, whose restart is the shortest cut; nothing leads back, since the new version changes the files that it keeps its data in
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags mariadb

# 7. 2025.2-infra-memcached@ctl1+2: upgrade on ctl1, ctl2, ctl3 (safe to stop here)
#    what the whole cloud stands on, through kolla-ansible; keepalived precedes memcached: all others are reached through the load balancers, whose restart is the shortest cut
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags memcached

# 8. 2025.2-infra-rabbitmq@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    what the whole cloud stands on, through kolla-ansible; memcached precedes rabbitmq: what they keep can be lost, so they go before what must not be; nothing leads back, since the new version changes the files that it keeps its data in
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags rabbitmq

# 9. 2025.2-approve-infra-openvswitch: approve (safe to stop here)
#    guests on cmp01, cmp02 and 45 more are without network while the ovs-vswitchd of their host restarts
: 'a person approves what follows'

# 10. 2025.2-infra-openvswitch@cmp01+46: upgrade on cmp01 .. net2 (safe to stop here)
#    what the whole cloud stands on, through kolla-ansible; last, since the networks of guests are cut on each host while its ovs-vswitchd restarts
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp01,cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10,cmp11,cmp12,cmp13,cmp14,cmp15,cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24,cmp25,cmp26,cmp27,cmp28,cmp29,cmp30,cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39,cmp40,cmp41,cmp42,cmp43,cmp44,cmp45,net1,net2 --tags openvswitch

# 11. 2025.2-prepare-kolla-ansible-3: prepare on ctl1, ctl2, ctl3 (safe to stop here)
#    the facts of all hosts, gathered once: a run that is limited to some hosts gathers those of all others by itself, one after another, each time; then the containers in which kolla-ansible's own tasks run
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible gather-facts -i /srv/deploy/multinode --configdir /etc/kolla
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags common,cron,fluentd

# 12. 2025.2-control-keystone@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    keystone in one go, as kolla-ansible upgrades it; keystone's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags keystone

# 13. 2025.2-control-glance@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    glance in one go, as kolla-ansible upgrades it; keystone precedes glance: every other service depends on its tokens, roles and catalog; glance's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags glance

# 14. 2025.2-control-cinder@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    cinder in one go, as kolla-ansible upgrades it; keystone precedes cinder: every other service depends on its tokens, roles and catalog; cinder's schema grows inside this step; nothing leads back, since it also rewrites rows and drops the old versions of messages
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags cinder

# 15. 2025.2-control-placement@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    placement in one go, as kolla-ansible upgrades it; keystone precedes placement: every other service depends on its tokens, roles and catalog; placement's schema grows inside this step; nothing leads back, since it also rewrites rows
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags placement

# 16. 2025.2-control-nova@ctl1+2: upgrade on ctl1, ctl2, ctl3 (safe to stop here)
#    nova in one go, as kolla-ansible upgrades it; placement precedes nova: nova's scheduler and computes need the placement API of the same release or a newer one; before neutron, as kolla-ansible has it; nova's schema grows inside this step; its reload and its online migrations are left for the end
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags nova --skip-tags nova-reload,nova-online-data-migrations

# 17. 2025.2-control-neutron@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    neutron in one go, as kolla-ansible upgrades it; keystone precedes neutron: every other service depends on its tokens, roles and catalog; neutron's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
#    neutron-server ends here: neutron-api, neutron-rpc-server, neutron-periodic-workers take over
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags neutron

# 18. 2025.2-control-heat@ctl1+2: upgrade on ctl1, ctl2, ctl3 (ONE-WAY)
#    heat in one go, as kolla-ansible upgrades it; neutron precedes heat: it creates servers and networks through their APIs; heat's schema grows inside this step, and no old code of it should be left by then (engines of two releases must not share a message bus); nothing leads back, since it also changes heat's schema, on which the old code may not run
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags heat

# 19. 2025.2-control-horizon@ctl1+2: upgrade on ctl1, ctl2, ctl3 (safe to stop here)
#    horizon in one go, as kolla-ansible upgrades it; heat precedes horizon: a dashboard follows the APIs that it shows
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1,ctl2,ctl3 --tags horizon

# 20. 2025.2-network@net1: upgrade on net1 (safe to stop here)
#    a network node: its agents speak to Neutron servers that run the target already
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit net1 --tags common,cron,fluentd,openvswitch,neutron

# 21. 2025.2-network@net2: upgrade on net2 (safe to stop here)
#    a network node: its agents speak to Neutron servers that run the target already
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit net2 --tags common,cron,fluentd,openvswitch,neutron

# 22. 2025.2-compute@cmp01: upgrade on cmp01 (safe to stop here)
#    the canary: it shows on a few hosts what the others will do; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp01 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 23. 2025.2-compute@cmp02+8: upgrade on cmp02 .. cmp10 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp02,cmp03,cmp04,cmp05,cmp06,cmp07,cmp08,cmp09,cmp10 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 24. 2025.2-compute@cmp11+4: upgrade on cmp11 .. cmp15 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp11,cmp12,cmp13,cmp14,cmp15 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 25. 2025.2-compute@cmp16+8: upgrade on cmp16 .. cmp24 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp16,cmp17,cmp18,cmp19,cmp20,cmp21,cmp22,cmp23,cmp24 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 26. 2025.2-compute@cmp25+5: upgrade on cmp25 .. cmp30 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp25,cmp26,cmp27,cmp28,cmp29,cmp30 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 27. 2025.2-compute@cmp31+8: upgrade on cmp31 .. cmp39 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp31,cmp32,cmp33,cmp34,cmp35,cmp36,cmp37,cmp38,cmp39 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 28. 2025.2-compute@cmp40+5: upgrade on cmp40 .. cmp45 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network; one run for the whole batch, since two at a time would stop each other's bootstrap containers
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit cmp40,cmp41,cmp42,cmp43,cmp44,cmp45 --tags common,cron,fluentd,openvswitch,nova-cell-upgrade,neutron

# 29. 2025.2-unpin-nova@ctl1: unpin on ctl1 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl1 --tags nova-reload

# 30. 2025.2-unpin-nova@ctl2: unpin on ctl2 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl2 --tags nova-reload

# 31. 2025.2-unpin-nova@ctl3: unpin on ctl3 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit ctl3 --tags nova-reload

# 32. 2025.2-db-migrate-nova: db-migrate on ctl1 (ONE-WAY)
#    nova's rows are rewritten now that every process runs 2025.2; every nova-compute is reloaded before; both go without this host as a limit, since kolla-ansible does what happens once on the first host of a group
cd /srv/deploy && export PATH=/opt/kolla-2025.2/bin:"$PATH"
export ANSIBLE_CACHE_PLUGIN=jsonfile ANSIBLE_CACHE_PLUGIN_CONNECTION=/srv/deploy/facts-2025.2 ANSIBLE_CACHE_PLUGIN_TIMEOUT=0
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit compute:nova-compute-ironic --tags nova-cell-reload
/opt/kolla-2025.2/bin/kolla-ansible upgrade -i /srv/deploy/multinode --configdir /etc/kolla --limit nova-api:nova-conductor --tags nova-online-data-migrations
