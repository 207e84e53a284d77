"""One libtorrent session with one torrent. Settings come on the command line, events go out as JSON lines."""

import argparse
import json
import signal
import sys
import time

import libtorrent as lt


def emit(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--torrent", required=True, help="path of a .torrent file, or a magnet link")
    parser.add_argument("--dir", required=True, help="folder that holds, or will hold, the content")
    parser.add_argument("--listen", required=True, metavar="ADDR:PORT")
    parser.add_argument("--tracker", action="append", default=[], metavar="ANNOUNCE_URL")
    parser.add_argument("--peer", action="append", default=[], metavar="ADDR:PORT")
    return parser.parse_args()


def open_session(arguments):
    return lt.session(
        {
            "listen_interfaces": arguments.listen,
            "outgoing_interfaces": arguments.listen.rsplit(":", 1)[0],
            "enable_dht": False,
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "enable_incoming_utp": False,
            "enable_outgoing_utp": False,
            # Every node of a test sits on the same address.
            "allow_multiple_connections_per_ip": True,
            "alert_mask": lt.alert.category_t.error_notification
            | lt.alert.category_t.status_notification
            | lt.alert.category_t.storage_notification,
        }
    )


def torrent_parameters(arguments):
    if arguments.torrent.startswith("magnet:"):
        parameters = lt.parse_magnet_uri(arguments.torrent)
    else:
        parameters = lt.add_torrent_params()
        parameters.ti = lt.torrent_info(arguments.torrent)
    parameters.save_path = arguments.dir
    parameters.trackers = arguments.tracker
    # In place of the trackers that the torrent names.
    parameters.flags |= lt.torrent_flags.override_trackers
    # Not queued behind anything, and not paused by the session's own management.
    parameters.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return parameters


def connect_peers(handle, peers):
    for peer in peers:
        address, port = peer.rsplit(":", 1)
        handle.connect_peer((address, int(port)))


def run(arguments):
    stopping = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.append(True))
    session = open_session(arguments)
    handle = session.add_torrent(torrent_parameters(arguments))
    connect_peers(handle, arguments.peer)
    listening = checked = complete = ready = False
    next_progress = time.monotonic() + 1
    while not stopping:
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, lt.listen_succeeded_alert):
                listening = True
            elif isinstance(alert, (lt.listen_failed_alert, lt.torrent_error_alert, lt.file_error_alert)):
                emit("error", message=alert.message())
                return 1
            elif isinstance(alert, (lt.torrent_checked_alert, lt.metadata_received_alert)):
                checked = True
            elif isinstance(alert, lt.torrent_finished_alert) and not complete:
                complete = True
                emit("complete")
        if listening and (checked or arguments.torrent.startswith("magnet:")) and not ready:
            ready = True
            emit("ready", listen=arguments.listen)
        if time.monotonic() >= next_progress:
            next_progress += 1
            status = handle.status()
            emit(
                "progress",
                verifiedBytes=status.total_done,
                downloadedBytes=status.total_payload_download,
                uploadedBytes=status.total_payload_upload,
                peers=status.num_peers,
            )
    status = handle.status()
    emit("stopped", downloadedBytes=status.total_payload_download, uploadedBytes=status.total_payload_upload)
    session.remove_torrent(handle)
    # Time for the tracker to hear `stopped`.
    time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(run(parse_arguments()))
