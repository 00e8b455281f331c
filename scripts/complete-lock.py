"""Completes ui/package-lock.json after `npm install`, for registries that hold the packages of some platforms only.

npm leaves out the optional packages it could not find, and `npm ci` then refuses the file. An entry without a
checksum is enough for it: a package of another platform is never installed here.
Usage: cd ui && python3 ../scripts/complete-lock.py
"""
import json
p='package-lock.json'; L=json.load(open(p)); pk=L['packages']
OS={'darwin':'darwin','linux':'linux','win32':'win32','android':'android','freebsd':'freebsd','openharmony':'openharmony'}
CPU={'arm64':'arm64','x64':'x64','arm':'arm','ia32':'ia32','riscv64':'riscv64','ppc64':'ppc64','s390x':'s390x','wasm32':'wasm32'}
for name,b in list(pk.items()):
    for n,v in (b.get('optionalDependencies') or {}).items():
        k='node_modules/'+n
        if k in pk or name+'/'+k in pk: continue
        t=n.split('/')[-1].split('-')
        e={"version":v}
        cpu=[CPU[x] for x in t if x in CPU]; os=[OS[x] for x in t if x in OS]
        if not cpu: continue
        e["cpu"]=cpu[:1]
        if b.get('dev'): e["dev"]=True
        if b.get('license'): e["license"]=b['license']
        if 'musl' in t: e["libc"]=["musl"]
        elif 'gnu' in t or 'gnueabihf' in t: e["libc"]=["glibc"]
        e["optional"]=True
        if os: e["os"]=os
        pk[k]=e
L['packages']={k:pk[k] for k in sorted(pk)}
json.dump(L,open(p,'w'),indent=2,ensure_ascii=False); open(p,'a').write('\n')
