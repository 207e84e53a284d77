# shellcheck shell=bash
# Sourced: the package mirrors of this host, as they would read for another release of Debian.

# debian_sources RELEASE: prints lines of a sources.list, one each for the release, its updates and its security fixes,
# as far as this host has them for its own release. Prints nothing when this host is no Debian.
debian_sources() {
  local own uri suite keyring
  # shellcheck source=/dev/null
  own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016 # apt fills in the format
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(SIGNED_BY)' \
    'Created-By: Packages' 'Origin: Debian' 'Component: main' |
    while read -r uri suite keyring; do
      case $suite in
        "$own" | "$own-updates" | "$own-security") ;;
        *) continue ;;
      esac
      case $keyring in
        /*) keyring="[signed-by=$keyring] " ;;
        *) keyring= ;;
      esac
      echo "deb $keyring$uri $1${suite#"$own"} main"
    done | sort -u
}
