test_scripts += %D%/stencil.sh
test_scripts += %D%/stencil-kill.sh
