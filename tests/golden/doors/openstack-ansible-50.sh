# lab: 2025.1 -> 2026.1, plan sha256:4b0dd06a7210d1fc085685305f260f332e9fd58c87396bd20b734e0fa546974f

# 1. 2026.1-prepare@compute01+44: prepare on compute01 .. compute45 (safe to stop here)
#    what can be made ready for 2026.1 before the first change; nothing stops: safe in working hours; it looks whether hosts answer and have room; openstack-ansible stages nothing ahead, and renders no configuration to compare
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/ready.yml --limit compute01,compute02,compute03,compute04,compute05,compute06,compute07,compute08,compute09,compute10,compute11,compute12,compute13,compute14,compute15,compute16,compute17,compute18,compute19,compute20,compute21,compute22,compute23,compute24,compute25,compute26,compute27,compute28,compute29,compute30,compute31,compute32,compute33,compute34,compute35,compute36,compute37,compute38,compute39,compute40,compute41,compute42,compute43,compute44,compute45 -e stairlift_to=2026.1

# 2. 2026.1-prepare@infra1+2: prepare on infra1, infra2, infra3 (safe to stop here)
#    what can be made ready for 2026.1 before the first change; nothing stops: safe in working hours; it looks whether hosts answer and have room; openstack-ansible stages nothing ahead, and renders no configuration to compare
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/ready.yml --limit infra1,infra2,infra3,infra1-memcached-container-00b4c4a8,infra1-repo-container-007aa599,infra1-utility-container-00a4f05b,infra1-keystone-container-00b04c1d,infra1-glance-container-009065a5,infra1-placement-container-00b8e066,infra1-cinder-api-container-00bd1b13,infra1-cinder-volumes-container-00f54b32,infra1-nova-api-container-00a5c8e4,infra1-neutron-server-container-00f966f0,infra1-heat-api-container-00a39c16,infra1-horizon-container-00a39c16,infra2-memcached-container-00b4e397,infra2-repo-container-007ac488,infra2-utility-container-00a50f4a,infra2-keystone-container-00b06b0c,infra2-glance-container-00908494,infra2-placement-container-00b8ff55,infra2-cinder-api-container-00bd3a02,infra2-cinder-volumes-container-00f56a21,infra2-nova-api-container-00a5e7d3,infra2-neutron-server-container-00f985df,infra2-heat-api-container-00a3bb05,infra2-horizon-container-00a3bb05,infra3-memcached-container-00b50286,infra3-repo-container-007ae377,infra3-utility-container-00a52e39,infra3-keystone-container-00b089fb,infra3-glance-container-0090a383,infra3-placement-container-00b91e44,infra3-cinder-api-container-00bd58f1,infra3-cinder-volumes-container-00f58910,infra3-nova-api-container-00a606c2,infra3-neutron-server-container-00f9a4ce,infra3-heat-api-container-00a3d9f4,infra3-horizon-container-00a3d9f4 -e stairlift_to=2026.1

# 3. 2026.1-prepare@net1+1: prepare on net1, net2 (safe to stop here)
#    what can be made ready for 2026.1 before the first change; nothing stops: safe in working hours; it looks whether hosts answer and have room; openstack-ansible stages nothing ahead, and renders no configuration to compare
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/ready.yml --limit net1,net2 -e stairlift_to=2026.1

# 4. 2026.1-approve-infra: approve (safe to stop here)
#    what the whole cloud stands on changes next: haproxy, memcached, mariadb, rabbitmq
: 'a person approves what follows'

# 5. 2026.1-infra-haproxy@infra1+2: upgrade on infra1, infra2, infra3 (safe to stop here)
#    what the whole cloud stands on, through openstack-ansible; without a limit, since a cluster's role must see all its members
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.haproxy -e package_state=latest

# 6. 2026.1-infra-memcached@infra1+2: upgrade on infra1, infra2, infra3 (safe to stop here)
#    what the whole cloud stands on, through openstack-ansible; haproxy precedes memcached: all others are reached through the load balancers, whose restart is the shortest cut; without a limit, since a cluster's role must see all its members
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.memcached -e package_state=latest

# 7. 2026.1-infra-mariadb@infra1+2: upgrade on infra1, infra2, infra3 (ONE-WAY)
#    what the whole cloud stands on, through openstack-ansible; memcached precedes mariadb: what they keep can be lost, so they go before what must not be; nothing leads back, since the new version changes the files that it keeps its data in; without a limit, since a cluster's role must see all its members
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.galera_server -e galera_upgrade=true -e package_state=latest
openstack-ansible openstack.osa.tools.galera_cluster_rolling_restart

# 8. 2026.1-infra-rabbitmq@infra1+2: upgrade on infra1, infra2, infra3 (ONE-WAY)
#    what the whole cloud stands on, through openstack-ansible; mariadb precedes rabbitmq: a database that does not come back is found before the message bus is touched; nothing leads back, since the new version changes the files that it keeps its data in; without a limit, since a cluster's role must see all its members
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.rabbitmq_server -e rabbitmq_upgrade=true -e package_state=latest

# 9. 2026.1-prepare-openstack-ansible-3: prepare on infra1, infra2, infra3 (safe to stop here)
#    the machines of the control plane and their containers, those of database and broker without a restart; then the repository and the utility hosts, from which all others fetch what they install
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.setup_hosts --limit infra1,infra1-memcached-container-00b4c4a8,infra1-repo-container-007aa599,infra1-utility-container-00a4f05b,infra1-keystone-container-00b04c1d,infra1-glance-container-009065a5,infra1-placement-container-00b8e066,infra1-cinder-api-container-00bd1b13,infra1-cinder-volumes-container-00f54b32,infra1-nova-api-container-00a5c8e4,infra1-neutron-server-container-00f966f0,infra1-heat-api-container-00a39c16,infra1-horizon-container-00a39c16,infra2,infra2-memcached-container-00b4e397,infra2-repo-container-007ac488,infra2-utility-container-00a50f4a,infra2-keystone-container-00b06b0c,infra2-glance-container-00908494,infra2-placement-container-00b8ff55,infra2-cinder-api-container-00bd3a02,infra2-cinder-volumes-container-00f56a21,infra2-nova-api-container-00a5e7d3,infra2-neutron-server-container-00f985df,infra2-heat-api-container-00a3bb05,infra2-horizon-container-00a3bb05,infra3,infra3-memcached-container-00b50286,infra3-repo-container-007ae377,infra3-utility-container-00a52e39,infra3-keystone-container-00b089fb,infra3-glance-container-0090a383,infra3-placement-container-00b91e44,infra3-cinder-api-container-00bd58f1,infra3-cinder-volumes-container-00f58910,infra3-nova-api-container-00a606c2,infra3-neutron-server-container-00f9a4ce,infra3-heat-api-container-00a3d9f4,infra3-horizon-container-00a3d9f4 -e package_state=latest
openstack-ansible openstack.osa.setup_hosts --limit infra1-galera-container-0090a383,infra1-rabbit-mq-container-00b1de40,infra2-galera-container-0090c272,infra2-rabbit-mq-container-00b1fd2f,infra3-galera-container-0090e161,infra3-rabbit-mq-container-00b21c1e -e lxc_container_allow_restarts=false
openstack-ansible openstack.osa.repo --limit infra1-repo-container-007aa599,infra2-repo-container-007ac488,infra3-repo-container-007ae377 -e package_state=latest
openstack-ansible openstack.osa.utility_host --limit infra1-utility-container-00a4f05b,infra2-utility-container-00a50f4a,infra3-utility-container-00a52e39 -e package_state=latest

# 10. 2026.1-control-keystone@infra1: upgrade on infra1 (ONE-WAY)
#    keystone on one host alone, where openstack-ansible does what happens once; keystone's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed; the role contracts the schema with the last host, once every other is of the new release
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.keystone --limit infra1-keystone-container-00b04c1d,infra1,infra2,infra3 -e package_state=latest

# 11. 2026.1-control-keystone@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    keystone on the other hosts, now that the first has it; keystone's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed; the role contracts the schema with the last host, once every other is of the new release
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.keystone --limit infra2-keystone-container-00b06b0c,infra3-keystone-container-00b089fb,infra1,infra2,infra3 -e package_state=latest

# 12. 2026.1-control-placement@infra1: upgrade on infra1 (ONE-WAY)
#    placement on one host alone, where openstack-ansible does what happens once; keystone precedes placement: every other service depends on its tokens, roles and catalog; placement's schema grows inside this step; nothing leads back, since it also rewrites rows
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.placement --limit infra1-placement-container-00b8e066,infra1,infra2,infra3 -e package_state=latest

# 13. 2026.1-control-placement@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    placement on the other hosts, now that the first has it; placement's schema grows inside this step; nothing leads back, since it also rewrites rows
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.placement --limit infra2-placement-container-00b8ff55,infra3-placement-container-00b91e44,infra1,infra2,infra3 -e package_state=latest

# 14. 2026.1-control-glance@infra1: upgrade on infra1 (ONE-WAY)
#    glance on one host alone, where openstack-ansible does what happens once; keystone precedes glance: every other service depends on its tokens, roles and catalog; glance's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.glance --limit infra1-glance-container-009065a5,infra1,infra2,infra3 -e package_state=latest

# 15. 2026.1-control-glance@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    glance on the other hosts, now that the first has it; glance's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.glance --limit infra2-glance-container-00908494,infra3-glance-container-0090a383,infra1,infra2,infra3 -e package_state=latest

# 16. 2026.1-control-cinder@infra1: upgrade on infra1 (ONE-WAY)
#    cinder on one host alone, where openstack-ansible does what happens once; keystone precedes cinder: every other service depends on its tokens, roles and catalog; cinder's schema grows inside this step; nothing leads back, since it also rewrites rows; schedulers, volumes and backups come before the APIs
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.cinder --limit infra1-cinder-api-container-00bd1b13,infra1-cinder-volumes-container-00f54b32,infra1,infra2,infra3 -e package_state=latest

# 17. 2026.1-control-cinder@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    cinder on the other hosts, now that the first has it; cinder's schema grows inside this step; nothing leads back, since it also rewrites rows; schedulers, volumes and backups come before the APIs
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.cinder --limit infra2-cinder-api-container-00bd3a02,infra2-cinder-volumes-container-00f56a21,infra3-cinder-api-container-00bd58f1,infra3-cinder-volumes-container-00f58910,infra1,infra2,infra3 -e package_state=latest

# 18. 2026.1-control-nova@infra1: upgrade on infra1 (ONE-WAY)
#    nova on one host alone, where openstack-ansible does what happens once; cinder precedes nova: a new nova that talks to an old service is the less tested direction; before neutron, as openstack-ansible has it; nova's schema grows inside this step; nothing leads back, since it also rewrites rows; the playbook ends with the online migrations, on the first conductor
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.nova --limit infra1-nova-api-container-00a5c8e4,infra1,infra2,infra3 -e package_state=latest

# 19. 2026.1-control-nova@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    nova on the other hosts, now that the first has it; nova's schema grows inside this step; nothing leads back, since it also rewrites rows; the playbook ends with the online migrations, on the first conductor
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.nova --limit infra2-nova-api-container-00a5e7d3,infra3-nova-api-container-00a606c2,infra1,infra2,infra3 -e package_state=latest

# 20. 2026.1-control-neutron@infra1: upgrade on infra1 (ONE-WAY)
#    neutron on one host alone, where openstack-ansible does what happens once; keystone precedes neutron: every other service depends on its tokens, roles and catalog; neutron's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
#    neutron-server ends here: neutron-api, neutron-rpc-server, neutron-periodic-workers take over
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.neutron --limit infra1-neutron-server-container-00f966f0,infra1,infra2,infra3,localhost -e package_state=latest

# 21. 2026.1-control-neutron@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    neutron on the other hosts, now that the first has it; neutron's schema grows inside this step; nothing leads back, since it also sheds what only the old code needed
#    neutron-server ends here: neutron-api, neutron-rpc-server, neutron-periodic-workers take over
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.neutron --limit infra2-neutron-server-container-00f985df,infra3-neutron-server-container-00f9a4ce,infra1,infra2,infra3,localhost -e package_state=latest

# 22. 2026.1-control-heat@infra1: upgrade on infra1 (ONE-WAY)
#    heat on one host alone, where openstack-ansible does what happens once; neutron precedes heat: it creates servers and networks through their APIs; heat's schema grows inside this step, and no old code of it should be left by then (engines of two releases must not share a message bus); nothing leads back, since it also changes heat's schema, on which the old code may not run
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.heat --limit infra1-heat-api-container-00a39c16,infra1,infra2,infra3 -e package_state=latest

# 23. 2026.1-control-heat@infra2+1: upgrade on infra2, infra3 (ONE-WAY)
#    heat on the other hosts, now that the first has it; heat's schema grows inside this step, and no old code of it should be left by then (engines of two releases must not share a message bus); nothing leads back, since it also changes heat's schema, on which the old code may not run
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.heat --limit infra2-heat-api-container-00a3bb05,infra3-heat-api-container-00a3d9f4,infra1,infra2,infra3 -e package_state=latest

# 24. 2026.1-control-horizon@infra1: upgrade on infra1 (safe to stop here)
#    horizon on one host alone, where openstack-ansible does what happens once; heat precedes horizon: a dashboard follows the APIs that it shows
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.horizon --limit infra1-horizon-container-00a39c16,infra1,infra2,infra3 -e package_state=latest

# 25. 2026.1-control-horizon@infra2+1: upgrade on infra2, infra3 (safe to stop here)
#    horizon on the other hosts, now that the first has it
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.horizon --limit infra2-horizon-container-00a3bb05,infra3-horizon-container-00a3d9f4,infra1,infra2,infra3 -e package_state=latest

# 26. 2026.1-network@net1: upgrade on net1 (safe to stop here)
#    a network node: its agents speak to Neutron servers that run the target already
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit net1 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit net1,localhost -e package_state=latest

# 27. 2026.1-network@net2: upgrade on net2 (safe to stop here)
#    a network node: its agents speak to Neutron servers that run the target already
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit net2 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit net2,localhost -e package_state=latest

# 28. 2026.1-compute@compute01: upgrade on compute01 (safe to stop here)
#    the canary: it shows on a few hosts what the others will do
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute01 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute01,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute01 -e package_state=latest

# 29. 2026.1-compute@compute02+8: upgrade on compute02 .. compute10 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute02,compute03,compute04,compute05,compute06,compute07,compute08,compute09,compute10 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute02,compute03,compute04,compute05,compute06,compute07,compute08,compute09,compute10,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute02,compute03,compute04,compute05,compute06,compute07,compute08,compute09,compute10 -e package_state=latest

# 30. 2026.1-compute@compute11+4: upgrade on compute11 .. compute15 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute11,compute12,compute13,compute14,compute15 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute11,compute12,compute13,compute14,compute15,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute11,compute12,compute13,compute14,compute15 -e package_state=latest

# 31. 2026.1-compute@compute16+8: upgrade on compute16 .. compute24 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute16,compute17,compute18,compute19,compute20,compute21,compute22,compute23,compute24 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute16,compute17,compute18,compute19,compute20,compute21,compute22,compute23,compute24,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute16,compute17,compute18,compute19,compute20,compute21,compute22,compute23,compute24 -e package_state=latest

# 32. 2026.1-compute@compute25+5: upgrade on compute25 .. compute30 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute25,compute26,compute27,compute28,compute29,compute30 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute25,compute26,compute27,compute28,compute29,compute30,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute25,compute26,compute27,compute28,compute29,compute30 -e package_state=latest

# 33. 2026.1-compute@compute31+8: upgrade on compute31 .. compute39 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute31,compute32,compute33,compute34,compute35,compute36,compute37,compute38,compute39 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute31,compute32,compute33,compute34,compute35,compute36,compute37,compute38,compute39,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute31,compute32,compute33,compute34,compute35,compute36,compute37,compute38,compute39 -e package_state=latest

# 34. 2026.1-compute@compute40+5: upgrade on compute40 .. compute45 (safe to stop here)
#    L2 agent and nova-compute back to back, so that guests keep their network
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible openstack.osa.openstack_hosts_setup --limit compute40,compute41,compute42,compute43,compute44,compute45 -e package_state=latest
openstack-ansible openstack.osa.neutron --limit compute40,compute41,compute42,compute43,compute44,compute45,localhost -e package_state=latest
openstack-ansible openstack.osa.nova --limit compute40,compute41,compute42,compute43,compute44,compute45 -e package_state=latest

# 35. 2026.1-unpin-cinder@infra1: unpin on infra1 (ONE-WAY)
#    cinder: restart them once no old service is left, the API last, so that they drop the old RPC and object versions
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra1-cinder-api-container-00bd1b13,infra1-cinder-volumes-container-00f54b32 -e stairlift_services=cinder-scheduler,cinder-volume,cinder-backup,cinder-api -e stairlift_units=cinder-scheduler,cinder-volume,cinder-backup,cinder-api

# 36. 2026.1-unpin-cinder@infra2: unpin on infra2 (ONE-WAY)
#    cinder: restart them once no old service is left, the API last, so that they drop the old RPC and object versions
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra2-cinder-api-container-00bd3a02,infra2-cinder-volumes-container-00f56a21 -e stairlift_services=cinder-scheduler,cinder-volume,cinder-backup,cinder-api -e stairlift_units=cinder-scheduler,cinder-volume,cinder-backup,cinder-api

# 37. 2026.1-unpin-cinder@infra3: unpin on infra3 (ONE-WAY)
#    cinder: restart them once no old service is left, the API last, so that they drop the old RPC and object versions
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra3-cinder-api-container-00bd58f1,infra3-cinder-volumes-container-00f58910 -e stairlift_services=cinder-scheduler,cinder-volume,cinder-backup,cinder-api -e stairlift_units=cinder-scheduler,cinder-volume,cinder-backup,cinder-api

# 38. 2026.1-unpin-nova@infra1: unpin on infra1 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra1-nova-api-container-00a5c8e4 -e stairlift_services=nova-conductor,nova-scheduler,nova-api -e stairlift_units=nova-conductor,nova-scheduler,nova-api-os-compute,nova-api-metadata

# 39. 2026.1-unpin-nova@infra2: unpin on infra2 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra2-nova-api-container-00a5e7d3 -e stairlift_services=nova-conductor,nova-scheduler,nova-api -e stairlift_units=nova-conductor,nova-scheduler,nova-api-os-compute,nova-api-metadata

# 40. 2026.1-unpin-nova@infra3: unpin on infra3 (ONE-WAY)
#    nova: restart them once no old nova-compute is left, so that they drop the RPC version of the old ones
cd /opt/openstack-ansible && export PATH=/opt/openstack-ansible:"$PATH"
openstack-ansible /opt/stairlift/openstack_ansible/restart.yml --limit infra3-nova-api-container-00a606c2 -e stairlift_services=nova-conductor,nova-scheduler,nova-api -e stairlift_units=nova-conductor,nova-scheduler,nova-api-os-compute,nova-api-metadata
